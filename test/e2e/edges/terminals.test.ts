import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { makeContent } from '../contents.ts'
import { Cluster, shared } from '../harness.ts'

const SIZE_BYTES = 1_500_000
/** A fetch takes some seconds, in which it draws many times. */
const RATE = ['--max-rate', '6mbit']
/** A name that turns the reading direction, and has a letter in its decomposed form and one of two cells. */
const NAME = 'a\u202ebo\u0308\u65e5.bin'
const ESCAPE = '\u001b'
const USUAL = { TERM: 'xterm', LC_ALL: 'C.UTF-8' }

describe.concurrent('a fetch on a terminal', () => {
  const network = shared(whenOver => {
    const prepare = (contents: string) => makeContent(join(contents, NAME), SIZE_BYTES)
    return Cluster.start([[], []], prepare, [], whenOver)
  })

  it('of few rows and columns fits into it, and shows a name without its effects', async () => {
    const fetch = await onTerminal(network(), 'stty rows 3 cols 40')
    expect(await fetch.ended()).toBe(0)
    const blocks = fetch.blocks()
    expect(blocks.length).toBeGreaterThan(2)
    for (const lines of blocks) {
      expect(lines.length).toBeLessThanOrEqual(2)
      for (const line of lines) expect(line.length).toBeLessThan(40)
    }
    expect(fetch.text).toContain('"a\\u{202e}b\u00f6\u65e5.bin": 1.5 MB')
    expect(fetch.text).not.toContain('\u202e')
    expect(fetch.text).toContain('out.bin: 1.5 MB in ')
  })

  it('that changes its size goes on within the new one', async () => {
    const fetch = await onTerminal(
      network(),
      'mkfifo go; stty rows 24 cols 80; (read go <go; stty rows 4 cols 30 </dev/tty) & true'
    )
    await fetch.shows(/all +\d+ %/)
    await writeFile(join(fetch.directory, 'go'), 'go\n')
    await fetch.shows(/[\r\n]all \d+ %/)
    expect(await fetch.ended()).toBe(0)
    const before = fetch.blocks().filter(lines => lines.some(line => line.includes('  all  ')))
    const after = fetch.blocks().filter(lines => lines.some(line => line.startsWith('all ')))
    expect(before[0]![0]!.length).toBeGreaterThan(60)
    for (const lines of after) for (const line of lines) expect(line.length).toBeLessThan(30)
  })

  it.each<[environment: Record<string, string>, what: string]>([
    [{ TERM: 'dumb' }, 'gets no escape sequence where it knows none'],
    [{ TERM: 'xterm', NO_COLOR: '1' }, 'gets no colours where they are not wanted'],
    [{ TERM: 'xterm', NO_COLOR: '', LC_ALL: 'C' }, 'gets ASCII alone where it knows no more']
  ])('with %j %s', async (environment, _) => {
    const fetch = await onTerminal(network(), 'stty rows 24 cols 80', environment)
    expect(await fetch.ended()).toBe(0)
    expect(fetch.text.includes(ESCAPE)).toBe(environment.TERM !== 'dumb')
    expect(fetch.text.includes(`${ESCAPE}[32m`)).toBe(environment.NO_COLOR === '')
    const isAscii = Array.from(fetch.text).every(character => character < '\u007f')
    expect(isAscii).toBe('LC_ALL' in environment)
  })

  it('ends at Ctrl-C, with nothing left of its lines', async () => {
    const fetch = await onTerminal(network(), 'stty rows 24 cols 80')
    await fetch.shows(/all +\d+ %/)
    fetch.types('\u0003')
    expect(await fetch.ended()).toBe(130)
    const rest = fetch.text.slice(fetch.text.lastIndexOf(ESCAPE))
    expect(rest).toMatch(/^.\[0Janabranch: Interrupted; what came is kept in out\.bin\.part, [^\n]*\n$/)
  })
})

/** Fetches on a pseudo terminal that a shell has prepared, into a directory of its own. */
async function onTerminal(cluster: Cluster, prepare: string, environment: Record<string, string> = {}) {
  const directory = await mkdtemp(cluster.path('terminal-'))
  const quote = `for each; do words="$words '$each'"; done`
  const { child } = cluster.run(
    ['client', 'fetch', NAME, '-o', 'out.bin', '--director', cluster.director!.address, ...RATE],
    {
      cwd: directory,
      under: ['sh', '-c', `${quote}; exec script -qec "${prepare}; exec $words" /dev/null`, 'sh'],
      environment: { ...USUAL, ...environment },
      events: 'stderr',
      stdin: 'pipe'
    }
  )
  let text = ''
  child.stdout!.setEncoding('utf8').on('data', data => (text += data))
  const ended = once(child, 'close').then(([code]) => code)
  return {
    directory,
    get text() {
      return withLineFeeds(text)
    },
    ended: () => ended,
    types: (keys: string) => child.stdin!.write(keys),
    /** Each drawing of the fetch's lines, without what a terminal acts on. */
    blocks: () =>
      withLineFeeds(text)
        .split('\r')
        .filter(part => part.includes(`${ESCAPE}[0K`))
        .map(part => stripVTControlCharacters(part).split('\n')),
    async shows(wanted: RegExp) {
      const over = ended.then(code => Promise.reject(new Error(`ended (${code}) with ${text}`)))
      over.catch(() => {})
      while (!wanted.test(text)) await Promise.race([once(child.stdout!, 'data'), over])
    }
  }
}

/** What the program wrote, before the terminal's driver added returns to its line feeds. */
function withLineFeeds(text: string): string {
  return text.replaceAll('\r\n', '\n')
}
