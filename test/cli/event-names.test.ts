import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { EVENT_NAMES } from '../../src/cli/event-names.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

describe('the events of --json', () => {
  // The compiler sees to it that no event is told whose name is not listed: CliEvent in src/cli/reporter.ts.
  it('stand in docs/events.md, and no others do', () => {
    const [table] = readFileSync(join(ROOT, 'docs/events.md'), 'utf8').split('\n\n`lossAttribution`')
    const cells = [...table!.matchAll(/^\| (`[^|]*`) \|/gm)].map(([, cell]) => cell!)
    const described = cells.flatMap(cell => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!))
    expect([...new Set(described)].toSorted()).toEqual([...EVENT_NAMES].toSorted())
  })

  it('are each told somewhere', () => {
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter(path => path.endsWith('.ts') && !path.endsWith('event-names.ts'))
      .map(path => readFileSync(join(ROOT, 'src', path), 'utf8'))
      .join('\n')
    const isTold = (name: string) => new RegExp(`(event|kind): [^,}\\n]*'${name}'`).test(sources)
    expect(EVENT_NAMES.filter(name => !isTold(name))).toEqual([])
  })
})
