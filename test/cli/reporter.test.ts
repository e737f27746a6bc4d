import { describe, expect, it } from 'vitest'
import { FLAG_HINTS } from '../../src/cli/flag-hints.ts'
import { Reporter, type ReporterOptions } from '../../src/cli/reporter.ts'
import { AnabranchError, ExitCode, UsageError } from '../../src/errors.ts'
import { ERROR_CODES } from '../../src/library/errors.ts'

function reporter(options: Partial<ReporterOptions>) {
  const written = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      written[name] += text
    }
  })
  const defaults = { json: false, quiet: false, verbosity: 0, stdout: sink('stdout'), stderr: sink('stderr') }
  return { written, reporter: new Reporter({ ...defaults, ...options }) }
}

describe('a reporter', () => {
  it('writes data to stdout and everything else to stderr', () => {
    const { reporter: r, written } = reporter({})
    r.data({ event: 'route', id: 'A' }, 'route A')
    r.tell({ event: 'registered' }, 'registered')
    expect(written).toEqual({ stdout: 'route A\n', stderr: 'registered\n' })
  })

  it('writes one JSON object a line when asked to, whatever the verbosity', () => {
    const { reporter: r, written } = reporter({ json: true, quiet: true })
    r.data({ event: 'route', id: 'A' }, '')
    r.tell({ event: 'pattern', pattern: 'AAB' }, '', 2)
    expect(written).toEqual({
      stdout: '{"event":"route","id":"A"}\n{"event":"pattern","pattern":"AAB"}\n',
      stderr: ''
    })
  })

  it('leaves stdout to the content', () => {
    const { reporter: r, written } = reporter({ json: true, stdoutTaken: true })
    r.tell({ event: 'done' }, '')
    expect(written).toEqual({ stdout: '', stderr: '{"event":"done"}\n' })
  })

  it('tells people what their verbosity asks for', () => {
    for (const [verbosity, told] of [
      [0, 'a\n'],
      [1, 'a\nb\n'],
      [2, 'a\nb\nc\n']
    ] as const) {
      const { reporter: r, written } = reporter({ verbosity })
      r.tell({ event: 'problem' }, 'a')
      r.tell({ event: 'problem' }, 'b', 1)
      r.tell({ event: 'problem' }, 'c', 2)
      expect(written.stderr).toBe(told)
    }
  })

  it('lets go of what nobody has to know when its sink does, and never of data, the outcome and errors', () => {
    for (const json of [false, true]) {
      const kept: string[] = []
      const notices: string[] = []
      const sink = {
        write: (text: string) => kept.push(text),
        offer: (_: string, notice: (lines: number) => string) => void notices.push(notice(3))
      }
      const r = new Reporter({ json, quiet: false, verbosity: 1, stdout: sink, stderr: sink })
      r.tell({ event: 'progress' }, 'some')
      r.tell({ event: 'route' }, 'more', 1)
      expect(kept).toEqual([])
      const notice = json ? '{"event":"dropped","lines":3}\n' : '3 lines were dropped\n'
      expect(notices).toEqual([notice, notice])
      r.data({ event: 'listening' }, 'a')
      r.conclude({ event: 'done' }, 'b')
      r.fail(new UsageError('c'))
      expect(kept).toHaveLength(3)
      expect(notices).toHaveLength(2)
    }
  })

  it('tells errors also when quiet, and knows their exit codes', () => {
    const { reporter: r, written } = reporter({ quiet: true })
    r.tell({ event: 'problem' }, 'a')
    expect(r.fail(new UsageError('say what'))).toBe(ExitCode.usage)
    expect(r.fail(new Error('odd'))).toBe(ExitCode.other)
    expect(written.stderr).toBe('anabranch: say what\nanabranch: odd\n')
  })

  it('shows what peers have put into a text, and lets none of it act on the terminal', () => {
    const hostile = 'bad\u001b[2J\nanabranch: all is well'
    const { reporter: r, written } = reporter({ verbosity: 1 })
    r.data({ event: 'problem' }, hostile)
    expect(written.stdout).toBe('bad\\u{1b}[2J\\u{a}anabranch: all is well\n')
    r.tell({ event: 'problem' }, hostile, 1)
    r.note(hostile)
    expect(written.stderr).toBe(written.stdout + written.stdout)
  })

  it('shows a text of several lines as such', () => {
    const { reporter: r, written } = reporter({})
    r.data({ event: 'problem' }, ['first', 'sec\nond'])
    r.note(['third', 'fourth'])
    expect(written).toEqual({ stdout: 'first\nsec\\u{a}ond\n', stderr: 'third\nfourth\n' })
  })

  it('lets no error forge a line or act on the terminal, not even in a stack', () => {
    const { reporter: r, written } = reporter({ verbosity: 2 })
    r.fail(new UsageError('bad\u009b2J\nanabranch: all is well'))
    const lines = written.stderr.trimEnd().split('\n')
    expect(lines[0]).toBe('anabranch: bad\\u{9b}2J; anabranch: all is well')
    expect(lines[1]).toMatch(/bad.*all is well$/)
    expect(lines.slice(2).every(line => line.startsWith('    at '))).toBe(true)
  })

  it('shows the lines of an error that has several of its own', () => {
    const { reporter: r, written } = reporter({})
    r.fail(new AnabranchError('ERR_X', 'first\nsecond', { lines: ['first', 'second'] }))
    expect(written.stderr).toBe('anabranch: first\nsecond\n')
  })

  it('tells people which flag changes what an error complains of, and programs the error alone', () => {
    const { reporter: r, written } = reporter({})
    r.fail(new AnabranchError('ERR_HOME_BUSY', 'first\nsecond', { lines: ['first', 'second'] }))
    expect(written.stderr).toBe('anabranch: first\nsecond (--home)\n')
    const json = reporter({ json: true })
    json.reporter.fail(new AnabranchError('ERR_HOME_BUSY', 'it is busy'))
    expect(json.written.stdout).toContain('"message":"it is busy"')
    expect(ERROR_CODES).toEqual(expect.arrayContaining(Object.keys(FLAG_HINTS)))
  })

  it('writes JSON that may be shown on a terminal', () => {
    const { reporter: r, written } = reporter({ json: true })
    const event = { event: 'problem' as const, name: 'bad\u001b\u009b\u202e' }
    r.data(event, '')
    expect(written.stdout).toBe('{"event":"problem","name":"bad\\u001b\\u009b\\u202e"}\n')
    expect(JSON.parse(written.stdout)).toEqual(event)
  })

  it('puts an error of several lines on one in JSON', () => {
    const { reporter: r, written } = reporter({ json: true })
    r.fail(new UsageError('first\nsecond'))
    expect(written.stdout).toBe('{"event":"error","code":"ERR_USAGE","message":"first; second"}\n')
  })
})
