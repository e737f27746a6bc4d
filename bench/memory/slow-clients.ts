import { fileURLToPath } from 'node:url'

// Many clients that take a little of a content and then nothing more, until this process is ended. Tells by a message when
// all of them have come that far, or that one of them has failed.
// Usage (forked): slow-clients.ts DIRECTOR NAME COUNT
const [director, name, count] = process.argv.slice(2) as [string, string, string]
/** Of each client: the least that holds segments of the usual size. */
const MEMORY_BYTES = 2 * 1024 * 1024
/** Fetches that begin at once. */
const AT_ONCE = 10

const index = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
const { Client } = (await import(index)) as typeof import('../../src/index.ts')
const client = await Client.start({ directors: [director] })
process.on('disconnect', () => process.exit())
let left = Number(count)
const begin = async () => {
  while (left-- > 0) await stalled()
}
await Promise.all(Array.from({ length: AT_ONCE }, begin))
process.send!({ stalled: Number(count) })

/** Begins a fetch. Resolves once its output has got something, and then takes nothing more. */
async function stalled(): Promise<void> {
  const got = Promise.withResolvers<void>()
  const write = () => {
    got.resolve()
    return new Promise<void>(() => {})
  }
  const openOutput = async () => ({
    resumeBytes: 0,
    write,
    finish: async () => ({ sha256: '' }),
    abandon: async () => {}
  })
  const fetching = client.fetch({ name, memoryBytes: MEMORY_BYTES, openOutput })
  fetching.catch(error => {
    process.send!({ failed: String(error) })
    process.exit(1)
  })
  await got.promise
}
