import { expect, it } from 'vitest'
import { contentLines, directorLines, findingLines } from '../../src/cli/check-view.ts'
import { content, route } from '../check/routes.ts'

const PEER = '12D3KooWQhQ1DW2QVnsb6i27VBQMF5hHR8BYKCmK6rjJd3gadiZw'

it('shows the routes to a content as a table', () => {
  const lines = contentLines(
    content([
      route({ limitBytesPerSecond: 1_000_000, relays: [PEER] }),
      route({ id: 'B', relays: [], state: 'opening', bytes: 0, rttMs: undefined, loadedRttMs: undefined })
    ])
  )
  expect(lines).toEqual([
    '"a": 100.0 MB at s, 2 of 2 routes, measured for 8.0 s',
    '     state        RTT   loaded       carries          came  limited by',
    "  A  open       20 ms    22 ms    8.0 Mbit/s    8.0 Mbit/s  a relay's limit",
    '     via ..gadiZw',
    '  B  opening        -        -    8.0 Mbit/s    8.0 Mbit/s',
    '     direct',
    '  all                                          16.0 Mbit/s  the whole in 50 s'
  ])
})

it('keeps within 80 columns', () => {
  const long = 'a reason that goes on and on '.repeat(8).trim()
  const address = '/ip6/2a01:1234:5678:9abc:def0:1234:5678:9abc/tcp/40001'
  const lines = [
    ...directorLines([
      {
        director: PEER,
        addresses: [
          { address, rttMs: 1234, observed: address },
          { address, problem: long },
          { address, rttMs: 1, refusal: long }
        ],
        verdict: { reached: [address], unreached: [{ address, reason: long }] }
      }
    ]),
    ...contentLines(content([route({ reason: long, lossWaitMs: 100, rttMs: 12_345, loadedRttMs: 12_345 })])),
    ...contentLines(content([], { failure: long })),
    ...findingLines({ kind: 'x', severity: 'warning', what: long, remedy: long })
  ]
  expect(lines.filter(line => line.length > 80)).toEqual([])
})
