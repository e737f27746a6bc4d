import { readFileSync } from 'node:fs'

/** The program's version, from the manifest two levels up, both from src/ and from dist/. */
export function programVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}
