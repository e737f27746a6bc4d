import { describe, expect, it } from 'vitest'
import { type AnsweredDaemon, NodesMeter } from '../../src/node-page/nodes-view.ts'
import { answeredFetch, answeredRelay, contentOf, routeOf, SOURCE } from './answers.ts'

describe('what anabranch top knows', () => {
  it('has the rates of each route of a relay from its second look on', () => {
    const meter = new NodesMeter()
    const [first] = meter.follow([answeredRelay(1_000_000, 500)], [], 0).relays
    expect(first).not.toHaveProperty('downBytesPerSecond')
    const [relay] = meter.follow([answeredRelay(3_000_000, 700)], [], 2_000).relays
    expect(relay).toMatchObject({ downBytesPerSecond: 1_000_000, upBytesPerSecond: 100 })
    expect(relay!.routes).toMatchObject([{ letter: 'A', downBytesPerSecond: 1_000_000 }])
  })

  it('has of a fetch what comes, what could come, and the time that is left', () => {
    const meter = new NodesMeter()
    const at = (bytes: number) => [
      answeredFetch(
        contentOf(bytes, [
          routeOf('A', bytes / 2),
          routeOf('B', bytes / 2),
          { ...routeOf('C', 0), state: 'parked' }
        ])
      )
    ]
    meter.follow([], at(1_000_000), 0)
    const [content] = meter.follow([], at(2_000_000), 1_000).fetches[0]!.contents
    expect(content).toMatchObject({
      sumBytesPerSecond: 1_000_000,
      idealBytesPerSecond: 2_000_000,
      leftMs: 8_000
    })
  })

  it('takes no more for ideal than the fetch may have', () => {
    const content = { ...contentOf(0, [routeOf('A', 0)]), limitBytesPerSecond: 125_000 }
    expect(new NodesMeter().follow([], [answeredFetch(content)], 0).fetches[0]!.contents[0]).toMatchObject({
      idealBytesPerSecond: 125_000
    })
  })

  it('has the rate of a gateway, of which there is nothing more to see than what it counts', () => {
    const meter = new NodesMeter()
    const at = (sentBytes: number): AnsweredDaemon[] => [
      { role: 'gateway', pid: 8, figures: { requests: 2, answered: 5, sentBytes } },
      { role: 'director', pid: 9, figures: { nodes: 1 } }
    ]
    meter.follow(at(1_000_000), [], 0)
    const { others } = meter.follow(at(4_000_000), [], 1_000)
    expect(others.map(({ sentBytesPerSecond }) => sentBytesPerSecond)).toEqual([3_000_000, undefined])
  })

  it('does not mix up two parts of one content', () => {
    const meter = new NodesMeter()
    const at = (one: number, other: number) => [answeredFetch(contentOf(one, []), contentOf(other, []))]
    meter.follow([], at(0, 5_000_000), 0)
    const { contents } = meter.follow([], at(1_000_000, 9_000_000), 1_000).fetches[0]!
    expect(contents.map(({ leftMs }) => leftMs)).toEqual([9_000, 250])
  })

  it('has the sessions of a source, and other daemons by what they count', () => {
    const meter = new NodesMeter()
    const director = { role: 'director', pid: 5, figures: { nodes: 2 } }
    meter.follow([SOURCE(100), director], [], 0)
    const view = meter.follow([SOURCE(600), director], [], 1_000)
    expect(view.sources[0]).toMatchObject({
      sentBytesPerSecond: 500,
      sessions: [{ name: 'a.mkv', sentBytesPerSecond: 500 }]
    })
    expect(view.others).toEqual([director])
  })
})
