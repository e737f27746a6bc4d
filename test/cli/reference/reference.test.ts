import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseConfig } from '../../../src/cli/config-file.ts'
import { allCommands } from '../../../src/cli/reference/command-tree.ts'
import { manualPages, programTree, referenceFiles } from '../../../src/cli/reference/reference-files.ts'
import { RELAY_SETTINGS } from '../../../src/cli/relay-start.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .sort()
  .map(path => readFileSync(join(ROOT, 'src', path), 'utf8'))

describe('what follows from the code', () => {
  it.each(Object.entries(referenceFiles(sources)))('%s is up to date: npm run reference', (path, text) => {
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text)
  })

  it('lists each error code once, with what it means', () => {
    const rows = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').match(/^\| `ERR_.*$/gm)!
    const codes = rows.map(row => /`(ERR_\w+)`/.exec(row)![1])
    expect(codes.length).toBe(new Set(codes).size)
    expect(rows.filter(row => !/^\| `ERR_\w+` \| \S.* \| [\d, ]+ \|$/.test(row))).toEqual([])
    const thrown = sources
      .join('\n')
      .match(/super\(\s*'ERR_\w+'/g)!
      .map(text => /ERR_\w+/.exec(text)![0])
    expect(new Set(codes)).toEqual(new Set(thrown))
  })

  it('has a sample configuration that a daemon takes once the comments are gone', () => {
    const text = readFileSync(join(ROOT, 'deploy/relay.yaml'), 'utf8')
    expect(parse(text)).toBeNull()
    const all = text.replace(/^#(\w+: )/gm, '$1')
    const keys = Object.keys(RELAY_SETTINGS).filter(key => key !== 'config')
    expect(Object.keys(parse(all))).toEqual(keys)
    expect(() => parseConfig(all, 'relay.yaml', RELAY_SETTINGS)).not.toThrow()
  })
})

describe('the manual', () => {
  it('has a page of each command, in which groff finds no fault', () => {
    const pages = manualPages('1.2.3')
    expect(Object.keys(pages)).toHaveLength(allCommands(programTree()).length)
    for (const [name, text] of Object.entries(pages)) {
      const { stderr, stdout } = spawnSync('groff', ['-man', '-ww', '-Tutf8'], {
        input: text,
        encoding: 'utf8'
      })
      expect([name, stderr]).toEqual([name, ''])
      expect(stdout.length).toBeGreaterThan(100)
    }
  })

  it('tells the flags with their values', () => {
    const page = execFileSync('groff', ['-man', '-Tascii', '-P-cbou'], {
      input: manualPages('1.2.3')['anabranch-relay-start.1'],
      encoding: 'utf8'
    })
    expect(page).toMatch(/--max-rate RATE\n\s+most that is forwarded/)
    expect(page).toContain('anabranch relay start [OPTIONS]')
  })
})
