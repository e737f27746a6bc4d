import { describe, expect, it } from 'vitest'
import { FetchScreen } from '../../src/cli/fetch-screen.ts'
import { Reporter } from '../../src/cli/reporter.ts'

const route = {
  bytes: 1,
  rateBytesPerSecond: 1_000_000,
  rttMs: 20,
  queueMs: 0,
  lossWaitMs: 0,
  weight: 1,
  state: 'open' as const
}

function progress(atMs: number) {
  return { event: 'progress' as const, bytes: atMs * 1_000, reorderBytes: 0, atMs, routes: { A: route } }
}

function screen({ isTTY = false, json = false, quiet = false }) {
  const written: string[] = []
  const terminal = { isTTY, isBehind: false, write: (text: string) => written.push(text) }
  const reporter = new Reporter({ json, quiet, verbosity: 0, stdout: terminal, stderr: terminal })
  return { written, terminal, screen: new FetchScreen(reporter, terminal, { NO_COLOR: '1' }) }
}

describe('the screen of a fetch', () => {
  it('redraws its lines in place on a terminal, and takes them away at the end', () => {
    const { screen: s, written } = screen({ isTTY: true })
    s.handle(progress(250))
    s.handle(progress(500))
    s.close()
    expect(written).toHaveLength(4)
    expect(written[1]).toBe('\u001b[2A\u001b[0J')
    expect(written[2]).toContain('8.0 Mbit/s')
    expect(written[3]).toBe('\u001b[2A\u001b[0J')
  })

  it('erases nothing that others wrote while the process was stopped', () => {
    const { screen: s, written } = screen({ isTTY: true })
    s.handle(progress(250))
    s.forget()
    s.handle(progress(500))
    expect(written).toHaveLength(2)
    for (const text of written) expect(text).not.toContain('\u001b[0J')
  })

  it('draws nothing more on a terminal that takes nothing, and goes on with the latest', () => {
    const { screen: s, written, terminal } = screen({ isTTY: true })
    terminal.isBehind = true
    for (let atMs = 250; atMs <= 60_000; atMs += 250) s.handle(progress(atMs))
    expect(written).toEqual([])
    terminal.isBehind = false
    s.handle(progress(60_250))
    expect(written).toHaveLength(1)
    expect(written[0]).toContain('60.3 MB')
  })

  it('writes a block now and then where there is no terminal, without escape sequences', () => {
    const { screen: s, written } = screen({})
    for (let atMs = 0; atMs <= 10_000; atMs += 250) s.handle(progress(atMs))
    s.close()
    expect(written).toHaveLength(2)
    expect(written.join('')).not.toContain('\u001b')
  })

  it.each([{ json: true }, { quiet: true }])('shows nothing with %j', options => {
    const { screen: s, written } = screen({ isTTY: true, ...options })
    s.handle(progress(250))
    s.close()
    expect(written).toEqual([])
  })
})
