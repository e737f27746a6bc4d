import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Runs benches one after the other; each prints its table.
// Usage: npm run bench -- [NAME...]. Default: those that compare with a reference, or hold a bound.
const DEFAULT = ['one-relay', 'memory', 'many', 'lanes', 'gateway']

const asked = process.argv.slice(2)
const pathOf = (name: string) => fileURLToPath(new URL(`${name}.ts`, import.meta.url))
const unknown = asked.find(name => !existsSync(pathOf(name)))
if (unknown) {
  console.error(`there is no bench/${unknown}.ts`)
  process.exit(2)
}
let failed = false
for (const name of asked.length > 0 ? asked : DEFAULT.filter(each => existsSync(pathOf(each)))) {
  console.log(`\n## ${name}\n`)
  const flags = ['--experimental-transform-types', '--no-warnings']
  const [code] = await once(spawn(process.execPath, [...flags, pathOf(name)], { stdio: 'inherit' }), 'exit')
  if (code !== 0) failed = true
}
process.exitCode = failed ? 1 : 0
