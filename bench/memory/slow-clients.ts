import { fileURLToPath } from 'node:url'

// Many clients that take a little of a content and then nothing more, until this process is ended. Tells by a message when
// all of them have come that far, or that one of them has failed.
// Usage (forked): slow-clients.ts DIRECTOR NAME COUNT
const [director, name, count] = process.argv.slice(2) as [string, string, string]
/** Of each client: the least that holds segments of the usual size. */
const MEMORY_BYTES = 2 * 1024 * 1024
/** Fetches of one client: each watches a director, and a connection has 64 streams for that. */
const FETCHES_OF_CLIENT = 50
/** Fetches that begin at once. */
const AT_ONCE = 10

const index = fileURLToPath(new URL('../../dist/roles.js', import.meta.url))
const { Client } = (await import(index)) as typeof import('../../src/roles.ts')
process.on('disconnect', () => process.exit())
for (let left = Number(count); left > 0; left -= FETCHES_OF_CLIENT)
  await beginFetches(Math.min(left, FETCHES_OF_CLIENT))
process.send!({ stalled: Number(count) })

async function beginFetches(fetches: number): Promise<void> {
  const client = await Client.start({ directors: [director] })
  let left = fetches
  const begin = async () => {
    while (left-- > 0) await stalled(client)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, begin))
}

/** Begins a fetch. Resolves once its output has got something, and then takes nothing more. */
async function stalled(client: Awaited<ReturnType<typeof Client.start>>): Promise<void> {
  const got = Promise.withResolvers<void>()
  const write = () => {
    got.resolve()
    return new Promise<void>(() => {})
  }
  const openOutput = async () => ({
    resumeBytes: 0,
    write,
    finish: async () => ({}),
    abandon: async () => {}
  })
  const fetching = client.fetch({ name, memoryBytes: MEMORY_BYTES, openOutput })
  fetching.catch(error => {
    process.send!({ failed: String(error) })
    process.exit(1)
  })
  await got.promise
}
