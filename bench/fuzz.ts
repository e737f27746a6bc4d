import { parseArgs } from 'node:util'
import { LAWS } from '../test/fuzz/laws.ts'

// Tries the laws of test/fuzz on many more inputs than the tests do. An input that breaks a law is
// made as small as possible, and printed with the seed that leads to it again.
// Usage: npm run fuzz -- [--runs 1000000] [--seed N] [names of laws, or how they begin; default: all]
const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '1000000' }, seed: { type: 'string' } },
  allowPositionals: true
})
const runs = numberOf('runs', values.runs)
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : numberOf('seed', values.seed)
const chosen = LAWS.filter(
  ({ name }) => positionals.length === 0 || positionals.some(wanted => name.startsWith(wanted))
)
if (chosen.length === 0) {
  throw new RangeError(`no law begins so; there are ${LAWS.map(({ name }) => name).join(', ')}`)
}

console.log(`${runs} inputs for each law, seed ${seed}`)
for (const { name, check } of chosen) {
  const startedAtMs = performance.now()
  try {
    await check(runs, seed)
    console.log(`${name}: holds, ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`)
  } catch (error) {
    console.log(`${name}: broken`, error)
    process.exitCode = 1
  }
}

function numberOf(flag: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`--${flag} wants a whole number, not '${text}'`)
  return value
}
