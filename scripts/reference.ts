// Writes the pages and files that follow from the code: all flags, all errors, a sample configuration of each daemon. With
// --check it only tells which of them are not as they have to be.
// Usage: npm run reference [-- --check]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { referenceFiles } from '../src/cli/reference/reference-files.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .sort()
  .map(path => readFileSync(join(root, 'src', path), 'utf8'))
const isCheck = process.argv.includes('--check')
for (const [path, text] of Object.entries(referenceFiles(sources))) {
  const file = join(root, path)
  if (!isCheck) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${path} is not as the code has it: run npm run reference`)
    process.exitCode = 1
  }
}
