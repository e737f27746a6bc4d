import { describe, expect, it } from 'vitest'
import { textWidth } from '../../../src/cli/text-width.ts'
import { topLines } from '../../../src/cli/top/top-lines.ts'
import { NodesMeter, type NodesView } from '../../../src/node-page/nodes-view.ts'
import { answeredFetch, answeredRelay, contentOf, routeOf, SOURCE } from '../../node-page/answers.ts'

const PLAIN = { columns: 200, color: false, isAscii: false }

function viewed(name = 'holiday.mkv'): NodesView {
  const meter = new NodesMeter()
  const director = { role: 'director', pid: 5, peerId: '12D3KooWdirectorabcdef', figures: { nodes: 4 } }
  const look = (bytes: number, atMs: number) => {
    const routes = [routeOf('A', bytes), { ...routeOf('B', 0), state: 'late', weight: 0.5 }]
    const fetch = answeredFetch({ ...contentOf(bytes, routes), name })
    return meter.follow([answeredRelay(bytes, 0), SOURCE(bytes), director], [fetch], atMs)
  }
  look(1_000_000, 0)
  return look(2_000_000, 1_000)
}

describe('the picture of anabranch top', () => {
  it('has a part for each fetch and each daemon', () => {
    expect(topLines(viewed(), PLAIN)).toEqual([
      'fetch 77',
      '  holiday.mkv  20 %, 2.0 MB of 10.0 MB  8 s left  after 9 s',
      '     sum 8.0 Mbit/s  ideal 16.0 Mbit/s  pattern AABAC',
      '    slower by 0.8 s: start-up: first byte after 0.64 s',
      '    route  weight        rate       could     rtt  state  way',
      '    A        50 %  8.0 Mbit/s  8.0 Mbit/s  7.4 ms  open   ..abcdef > ..abcdef',
      '    B        50 %     0 bit/s  8.0 Mbit/s  7.4 ms  late   ..abcdef > ..abcdef',
      '',
      'relay 12  ..abcdef',
      '   routes 1 of 1  down 8.0 Mbit/s of 20.0 Mbit/s  up 0 bit/s  today 4.00 GB left',
      '  refused 4: sessions (The relay already carries 1 route)',
      '    route  session  from      to              down       up    queue',
      '    A      8093ac   ..abcdef  ..abcdef  8.0 Mbit/s  0 bit/s  32.0 kB',
      '',
      'source 13  ..abcdef',
      '   contents 7  sessions 1 of 64  sends 8.0 Mbit/s',
      '  refused 2',
      '    content  from      routes    sent        rate',
      '    a.mkv    ..abcdef       1  2.0 MB  8.0 Mbit/s',
      '',
      'director 5  ..abcdef  nodes 4'
    ])
  })

  it.each([40, 41, 60, 80, 120, 200])(
    'keeps within %i columns, and leaves the rates and states in',
    columns => {
      const lines = topLines(viewed('映画/'.repeat(20)), { ...PLAIN, columns })
      expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(columns)
      expect(lines.filter(line => /^ {4}[AB] .*bit\/s .*(open|late)/.test(line))).toHaveLength(2)
    }
  )

  it('keeps within the rows, and says how much is left out', () => {
    const lines = topLines(viewed(), { ...PLAIN, rows: 8 })
    expect(lines).toHaveLength(8)
    expect(lines.at(-1)).toBe('and 14 more lines')
  })

  it('has colours only where they are wanted, and no control characters of others', () => {
    const view = viewed('\u001b[31mred')
    const coloured = topLines(view, { ...PLAIN, color: true }).join('\n')
    expect(coloured).toContain('\u001b[33m    B')
    expect(coloured).not.toContain('\u001b[31m')
    expect(topLines(view, PLAIN).join('\n')).not.toContain('\u001b')
  })

  it('says so where nothing runs', () => {
    expect(topLines(new NodesMeter().follow([], [], 0), PLAIN)).toEqual([
      'no daemon and no fetch of this user runs'
    ])
  })
})
