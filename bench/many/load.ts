// Clients that all fetch one content, again and again, until this process is ended. Tells by a message once each has got
// something; to every message it answers what each has got since the one before, in bytes.
// Usage (forked): load.ts ROLES_JS DIRECTOR NAME CLIENTS
const [roles, director, name, clients] = process.argv.slice(2) as [string, string, string, string]
/** Clients that begin at once. */
const AT_ONCE = 10

const { Client } = (await import(roles)) as typeof import('../../src/roles.ts')
process.on('disconnect', () => process.exit())
const gotBytes: number[] = new Array(Number(clients)).fill(0)
let started = 0
await Promise.all(Array.from({ length: AT_ONCE }, startSome))
process.on('message', () => {
  process.send!({ bytes: gotBytes })
  gotBytes.fill(0)
})
process.send!({ started })

async function startSome(): Promise<void> {
  while (started < gotBytes.length) await startClient(started++)
}

/** Starts one client; resolves once it has got something. */
async function startClient(index: number): Promise<void> {
  const client = await Client.start({ directors: [director] })
  const begun = Promise.withResolvers<void>()
  const output = {
    resumeBytes: 0,
    write: async (chunks: Uint8Array[]) => {
      for (const chunk of chunks) gotBytes[index]! += chunk.byteLength
      begun.resolve()
    },
    finish: async () => ({}),
    abandon: async () => {}
  }
  const fetchAgain = async () => {
    for (;;) await client.fetch({ name, openOutput: async () => output })
  }
  fetchAgain().catch(error => {
    process.send!({ failed: `client ${index}: ${error.message}` })
    process.exit(1)
  })
  await begun.promise
}
