import { describe, expect, it } from 'vitest'
import { FetchControl, FetchControlError } from '../../src/client/fetch-control.ts'
import type { RoutePath } from '../../src/client/route-table.ts'
import type { PlannerEvent } from '../../src/planner/planner.ts'
import { PATIENCE_MS, pathOver, SessionTrial } from './session-fixture.ts'

const PEER = (peerId: string) => ({ peerId, addresses: [`/ip4/127.0.0.1/tcp/1/p2p/${peerId}`] })

/** A session with an open route over each of the relays, and its control. */
function controlled(control: FetchControl, ...relays: string[]) {
  const trial = new SessionTrial()
  const paths: RoutePath[] = relays.map(relay => pathOver(relay))
  const changes: string[] = []
  for (const path of paths) trial.session.offer(path)
  const detach = control.attach({
    paths,
    steering: trial.session.steering,
    show: () => ({
      ...{ name: 'x', bytes: 0, isLive: false },
      ...{ elapsedMs: 0, reorderBytes: 0, longestStallMs: 0, lossAttribution: [] }
    }),
    steer: act =>
      trial.do(session => {
        act(session.steering, trial.nowMs)
        session.step(trial.nowMs)
      }),
    addPath: path => {
      paths.push(path)
      trial.session.add(path)
    },
    told: change => void changes.push(change)
  })
  trial.run(0)
  for (const { route } of trial.take('open')) trial.open(route)
  return { trial, changes, detach }
}

const toldOf = (trial: SessionTrial, type: PlannerEvent['type']) =>
  trial.planner.told.filter(event => event.type === type)

describe('FetchControl', () => {
  it('tells the planner what is wanted, and those who watch what was done', () => {
    const control = new FetchControl()
    const { trial, changes } = controlled(control, 'a', 'b')
    control.pin('A[AB]')
    control.unpin()
    control.setMaxRate(1_000_000)
    control.setMaxRate(undefined)
    expect(toldOf(trial, 'pinned')).toEqual([{ type: 'pinned', pattern: 'A[AB]' }, { type: 'pinned' }])
    expect(toldOf(trial, 'limited')).toEqual([
      { type: 'limited', rateBytesPerSecond: 1_000_000 },
      { type: 'limited' }
    ])
    expect(changes).toHaveLength(4)
    expect(changes[0]).toBe('pattern A[AB] is pinned')
  })

  it('holds for transfers that begin later', () => {
    const control = new FetchControl()
    const { detach } = controlled(control, 'a', 'b')
    control.pin('AB')
    control.park('B')
    control.pause()
    detach()
    const { trial } = controlled(control, 'a', 'b')
    expect(toldOf(trial, 'pinned')).toEqual([{ type: 'pinned', pattern: 'AB' }])
    expect(toldOf(trial, 'aside')).toEqual([{ type: 'aside', route: 1, isAside: true }])
    expect(toldOf(trial, 'paused')).toEqual([{ type: 'paused', isPaused: true }])
    expect(control.show()).toMatchObject({ isPaused: true, pinned: 'AB' })
  })

  it('keeps a path parked whose route ends and comes back', () => {
    const control = new FetchControl()
    const { trial } = controlled(control, 'a', 'b')
    control.park('A')
    trial.lose(0, 'gone')
    trial.run(trial.nowMs + 5_000)
    expect(trial.takeOpened()).toEqual(['a'])
    expect(toldOf(trial, 'aside')).toEqual(Array(2).fill({ type: 'aside', route: 0, isAside: true }))
  })

  it('adds a route to the source of the others, and gives it a place besides theirs', () => {
    const control = new FetchControl()
    const { trial } = controlled(control, 'a', 'b')
    control.addRoute([PEER('c')])
    trial.run(trial.nowMs + 20)
    expect(trial.takeOpened()).toEqual(['c'])
    expect(() => control.addRoute([PEER('c')])).toThrow('already')
    expect(() => control.addRoute([PEER('a')])).toThrow('already')
  })

  it.each<[string, (control: FetchControl) => void]>([
    ['there is no route Z now; there are A, B', control => control.park('Z')],
    ['there is no route C now', control => control.pin('ABC')],
    ['names no route', control => control.pin('A-B')],
    ['was not parked', control => control.unpark('A')],
    ['no pattern is pinned', control => control.unpin()],
    ['is not paused', control => control.resume()],
    ['1000 bytes a second or more', control => control.setMaxRate(1)],
    ['1000 bytes a second or more', control => control.setMaxRate(Number.NaN)],
    ['for live contents', control => control.setLatency(500)],
    ['above zero', control => control.setLatency(-1)],
    [
      'the only one left',
      control => {
        control.park('A')
        control.park('B')
      }
    ]
  ])('refuses what cannot be done: %s', (message, act) => {
    const control = new FetchControl()
    controlled(control, 'a', 'b')
    expect(() => act(control)).toThrow(message)
  })

  it('refuses a letter that means several routes', () => {
    const control = new FetchControl()
    controlled(control, 'a', 'b')
    controlled(control, 'b', 'a')
    expect(() => control.park('A')).toThrow(FetchControlError)
  })
})

describe('a paused session', () => {
  it('loses no patience while it has no route, and the rest of it afterwards', () => {
    const control = new FetchControl()
    const { trial } = controlled(control, 'a')
    control.pause()
    trial.lose(0, 'gone')
    trial.run(trial.nowMs + 3 * PATIENCE_MS)
    expect(trial.take('failed')).toEqual([])
    control.resume()
    trial.run(trial.nowMs + PATIENCE_MS + 1_000)
    expect(trial.take('failed')).not.toEqual([])
  })
})
