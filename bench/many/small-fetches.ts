// One client that fetches a small content a number of times, one after the other. Tells the milliseconds that each took.
// Usage (forked): small-fetches.ts ROLES_JS DIRECTOR NAME FETCHES
const [roles, director, name, fetches] = process.argv.slice(2) as [string, string, string, string]
/** Fetches that are not told: the client meets the hosts, and its code is compiled. */
const WARM_UP = 10

const { Client } = (await import(roles)) as typeof import('../../src/roles.ts')
const client = await Client.start({ directors: [director] })
const output = {
  resumeBytes: 0,
  write: async () => {},
  finish: async () => ({}),
  abandon: async () => {}
}
const took: number[] = []
for (let left = WARM_UP + Number(fetches); left > 0; left--) {
  const startedAt = performance.now()
  await client.fetch({ name, openOutput: async () => output })
  took.push(performance.now() - startedAt)
}
process.send!({ took: took.slice(WARM_UP) }, () => process.exit())
