import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { FetchScreen } from '../../src/cli/fetch-screen.ts'
import { LineSink } from '../../src/cli/line-sink.ts'
import { Reporter } from '../../src/cli/reporter.ts'
import { TerminalScreen } from './terminal-screen.ts'

const ROUTE = {
  bytes: 1,
  rateBytesPerSecond: 1_000_000,
  rttMs: 20,
  queueMs: 0,
  lossWaitMs: 0,
  weight: 0.125,
  state: 'open' as const
}

function progress(atMs: number, letters = 'A', bytes = atMs * 1_000) {
  const routes = Object.fromEntries(Array.from(letters, letter => [letter, ROUTE]))
  return { event: 'progress' as const, bytes, reorderBytes: 0, atMs, routes }
}

/** A fetch's screen on a terminal of this size. */
function onTerminal(columns: number, rows: number, options: { json?: boolean; quiet?: boolean } = {}) {
  const terminal = new TerminalScreen(columns, rows)
  const stream = Object.assign(new PassThrough({ highWaterMark: 1 }), {
    isTTY: true,
    getWindowSize: () => [terminal.columns, terminal.rows] as [number, number]
  })
  const sink = new LineSink(stream, { TERM: 'xterm' })
  const reporter = new Reporter({
    json: false,
    quiet: false,
    verbosity: 0,
    stdout: sink,
    stderr: sink,
    ...options
  })
  const screen = new FetchScreen(reporter, sink, { NO_COLOR: '1' })
  const shown = () => {
    for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) terminal.write(String(chunk))
    return terminal.lines()
  }
  const resize = (width: number, height: number) => {
    shown()
    terminal.resize(width, height)
    stream.emit('resize')
  }
  return { screen, reporter, shown, resize, terminal, stream }
}

function elsewhere(options: { json?: boolean; quiet?: boolean } = {}) {
  const written: string[] = []
  const sink = { write: (text: string) => written.push(text) }
  const reporter = new Reporter({
    json: false,
    quiet: false,
    verbosity: 0,
    stdout: sink,
    stderr: sink,
    ...options
  })
  return { written, screen: new FetchScreen(reporter, undefined, {}) }
}

describe('the screen of a fetch', () => {
  it('redraws its lines in place on a terminal, and takes them away at the end', () => {
    const { screen, shown } = onTerminal(80, 24)
    screen.handle(progress(250, 'AB'))
    expect(shown()).toHaveLength(3)
    screen.handle(progress(500, 'AB'))
    expect(shown()).toHaveLength(3)
    expect(shown()[2]).toContain('8.0 Mbit/s')
    screen.handle(progress(750, 'A'))
    expect(shown()).toHaveLength(2)
    screen.close()
    expect(shown()).toEqual([])
  })

  it.each([
    [40, 6],
    [80, 3],
    [10, 2],
    [1, 1],
    [200, 50]
  ])('fits into %d columns and %d rows, so that nothing ever scrolls', (columns, rows) => {
    const { screen, shown, terminal } = onTerminal(columns, rows)
    for (let atMs = 250; atMs < 10_000; atMs += 250) {
      screen.handle(progress(atMs, 'ABCDEFGH'))
      shown()
    }
    expect(terminal.scrolledLines).toBe(0)
    screen.close()
    expect(shown()).toEqual([])
  })

  it('leaves text above its lines whole, and writes messages there', () => {
    const { screen, reporter, shown } = onTerminal(80, 6)
    reporter.note('first')
    shown()
    screen.handle(progress(250, 'AB'))
    reporter.note('second')
    shown()
    screen.handle(progress(500, 'AB'))
    expect(shown().slice(0, 2)).toEqual(['first', 'second'])
    expect(shown()).toHaveLength(5)
  })

  it.each([
    [30, 5],
    [60, 24],
    [120, 30],
    [80, 4]
  ])('leaves no rubbish where the terminal becomes one of %d columns and %d rows', (columns, rows) => {
    const { screen, reporter, shown, resize } = onTerminal(80, 24)
    reporter.note('before')
    screen.handle(progress(250, 'ABCDEFGH'))
    resize(columns, rows)
    const lines = shown()
    expect(lines.filter(line => line.includes('all'))).toHaveLength(1)
    expect(lines.length).toBeLessThanOrEqual(rows)
    screen.close()
    expect(shown()).toEqual(['before'])
  })

  it('erases nothing that others wrote while the process was stopped', () => {
    const { screen, shown, terminal } = onTerminal(80, 24)
    screen.handle(progress(250))
    screen.hide()
    shown()
    terminal.write('$ \n')
    screen.forget()
    screen.handle(progress(500))
    expect(shown()[0]).toBe('$')
    expect(shown()).toHaveLength(3)
  })

  it('draws nothing more on a terminal that takes nothing, and goes on with the latest', () => {
    const { screen, shown, stream } = onTerminal(80, 24)
    stream.write('held')
    for (let atMs = 250; atMs <= 60_000; atMs += 250) screen.handle(progress(atMs))
    expect(shown()).toEqual(['held'])
    screen.handle(progress(60_250))
    expect(shown()[1]).toContain('60.3 MB')
  })

  it('shows a rate that is smooth where segments come seconds apart', () => {
    const { screen, shown } = onTerminal(80, 24)
    const rates: number[] = []
    for (let atMs = 0; atMs <= 20_000; atMs += 250) {
      screen.handle(progress(atMs, 'A', Math.floor(atMs / 1_000) * 32_768))
      const [, rate] = /([\d.]+) kbit/.exec(shown()[1]!) ?? []
      if (atMs > 5_000) rates.push(Number(rate))
    }
    for (const rate of rates) {
      expect(rate).toBeGreaterThan(262 / 2)
      expect(rate).toBeLessThan(262 * 2)
    }
  })

  it('writes a block now and then where there is no terminal, without escape sequences', () => {
    const { screen, written } = elsewhere()
    for (let atMs = 0; atMs <= 10_000; atMs += 250) screen.handle(progress(atMs))
    screen.close()
    expect(written).toHaveLength(2)
    expect(written.join('')).not.toContain('\u001b')
  })

  it.each([{ json: true }, { quiet: true }])('shows nothing with %j', options => {
    const { screen, shown } = onTerminal(80, 24, options)
    screen.handle(progress(250))
    screen.close()
    expect(shown()).toEqual([])
    const log = elsewhere(options)
    log.screen.handle(progress(6_000))
    expect(log.written).toEqual([])
  })
})

describe('a terminal', () => {
  it.each([
    [{ TERM: 'dumb' }, false],
    [{}, false],
    [{ TERM: 'xterm-256color' }, true]
  ])('is drawn on with %j: %s', (environment, canDraw) => {
    const stream = Object.assign(new PassThrough(), { isTTY: true })
    expect(new LineSink(stream, environment).canDraw).toBe(canDraw)
  })

  it.each([
    [{ LANG: 'C' }, true],
    [{ LANG: 'de_DE.UTF-8', LC_ALL: 'POSIX' }, true],
    [{ LANG: 'de_DE.ISO-8859-1' }, true],
    [{ LANG: 'C.UTF-8' }, false],
    [{ LANG: 'C', LC_CTYPE: 'en_US.utf8' }, false],
    [{}, false]
  ])('is shown nothing beyond ASCII with %j: %s', (environment, isAscii) => {
    const stream = Object.assign(new PassThrough(), { isTTY: true })
    const sink = new LineSink(stream, environment)
    const reporter = new Reporter({ json: false, quiet: false, verbosity: 0, stdout: sink, stderr: sink })
    reporter.note('Größe 日本')
    expect(String(stream.read())).toBe(isAscii ? 'Gr\\u{f6}\\u{df}e \\u{65e5}\\u{672c}\n' : 'Größe 日本\n')
  })
})
