import { describe, expect, it } from 'vitest'
import { DialBackPlan } from '../../src/director/dial-back-plan.ts'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import { askerAt } from '../../src/transport/share.ts'

const limits = { ...DIRECTOR_LIMITS, maxDialBacks: 8, maxDialBacksPerHost: 2, ownAddressRetryMs: 5_000 }
const LOOPBACK = '/ip4/127.0.0.1/tcp/50000'
const PLACE = '/ip4/127.0.0.1/tcp/1'

function newPlan(): DialBackPlan {
  return new DialBackPlan(limits)
}

/** Nodes at their own addresses, from which they have come too: one host each, or all on one host. */
function claimOwn(plan: DialBackPlan, count: number, hostOf: (index: number) => string): void {
  for (let index = 0; index < count; index++) {
    const host = `/ip4/${hostOf(index)}`
    plan.claim(askerAt(`n${index}`, `${host}/tcp/50000`), [`${host}/tcp/${index + 1}`])
  }
}

describe('DialBackPlan', () => {
  it('dials a new address at once, and knows the node at it when it was found there', () => {
    const plan = newPlan()
    plan.claim(askerAt('a', LOOPBACK), [`${PLACE}/p2p/a`])
    expect(plan.verdictOf('a')).toEqual({ reached: [], open: [`${PLACE}/p2p/a`], failed: [] })
    expect([plan.due(0), plan.due(0)]).toEqual([[PLACE], []])
    expect(plan.ended(PLACE, { peerId: 'a' }, 0)).toEqual(['a'])
    expect(plan.verdictOf('a')).toEqual({ reached: [`${PLACE}/p2p/a`], open: [], failed: [] })
    expect([plan.due(1e9), plan.waitMs(1e9)]).toEqual([[], undefined])
  })

  it('tries an address without the node ever more rarely, and finds the node when it is there', () => {
    const plan = newPlan()
    plan.claim(askerAt('a', LOOPBACK), [PLACE])
    const waits: number[] = []
    let nowMs = 0
    for (let dial = 0; dial < 14; dial++) {
      expect(plan.due(nowMs)).toEqual([PLACE])
      plan.ended(PLACE, { reason: 'no answer' }, nowMs)
      expect(plan.verdictOf('a').failed).toEqual([{ address: PLACE, reason: 'no answer' }])
      waits.push(plan.waitMs(nowMs)!)
      nowMs += waits.at(-1)!
    }
    expect(waits.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000])
    expect(waits.slice(-3)).toEqual([600_000, 600_000, 600_000])
    plan.due(nowMs)
    plan.ended(PLACE, { peerId: 'a' }, nowMs)
    expect(plan.verdictOf('a').reached).toEqual([PLACE])
  })

  it('dials a place once for all who say that they are there, and believes the one who is', () => {
    const plan = newPlan()
    for (const peerId of ['x', 'y', 'victim'])
      plan.claim(askerAt(peerId, LOOPBACK), [`${PLACE}/p2p/${peerId}`])
    expect(plan.due(0)).toEqual([PLACE])
    plan.ended(PLACE, { peerId: 'victim' }, 0)
    expect(plan.verdictOf('victim').failed).toEqual([])
    expect(plan.verdictOf('x').failed).toMatchObject([{ reason: 'another node answers there' }])
  })

  it('dials a victim rarely, however many identities come and go that say that they are there', () => {
    const plan = newPlan()
    let dials = 0
    for (let nowMs = 0; nowMs < 60_000; nowMs += 100) {
      const peerId = `sybil-${nowMs}`
      plan.claim(askerAt(peerId, LOOPBACK), [PLACE])
      for (const address of plan.due(nowMs)) {
        dials++
        plan.ended(address, { peerId: 'victim' }, nowMs)
      }
      plan.withdraw(peerId)
    }
    expect(dials).toBeLessThanOrEqual(60_000 / limits.ownAddressRetryMs + 2)
  })

  it('finds a node at its own host soon, though others have made its address fail before', () => {
    const plan = newPlan()
    const [foe, place] = [askerAt('foe', '/ip4/5.9.1.2/tcp/1'), '/ip4/8.20.1.7/tcp/1']
    plan.claim(foe, [place])
    let nowMs = 0
    for (let dial = 0; dial < 12; dial++) {
      plan.due(nowMs)
      plan.ended(place, { reason: 'no answer' }, nowMs)
      nowMs += plan.waitMs(nowMs)!
    }
    plan.due(nowMs)
    plan.ended(place, { reason: 'no answer' }, nowMs)
    plan.claim(askerAt('a', '/ip4/8.20.1.7/tcp/50000'), [place])
    expect(plan.waitMs(nowMs)).toBe(limits.ownAddressRetryMs)
    expect(plan.due(nowMs + limits.ownAddressRetryMs)).toEqual([place])
    plan.ended(place, { peerId: 'a' }, nowMs + limits.ownAddressRetryMs)
    expect(plan.verdictOf('a').reached).toEqual([place])
  })

  it('dials so many at once: in all, of one host, and for nodes of one host', () => {
    const many = newPlan()
    claimOwn(many, 20, index => `8.8.${index}.1`)
    expect(many.due(0)).toHaveLength(limits.maxDialBacks)
    const sameHost = newPlan()
    claimOwn(sameHost, 20, () => '8.8.8.8')
    expect(sameHost.due(0)).toHaveLength(limits.maxDialBacksPerHost)
    const sameAsker = newPlan()
    const victims = Array.from({ length: 16 }, (_, index) => `/ip4/8.8.${index}.1/tcp/1`)
    sameAsker.claim(askerAt('x', '/ip4/5.9.1.2/tcp/1'), victims)
    expect(sameAsker.due(0)).toHaveLength(limits.maxDialBacksPerHost)
  })

  it('is not held up for others by one host with many addresses that hang', () => {
    const plan = newPlan()
    const dead = Array.from({ length: 100 }, (_, port) => `/ip4/5.9.1.2/tcp/${port + 1}`)
    plan.claim(askerAt('x', '/ip4/5.9.1.2/tcp/1'), dead)
    expect(plan.due(0)).toHaveLength(limits.maxDialBacksPerHost)
    claimOwn(plan, 1, () => '8.8.8.8')
    expect(plan.due(0)).toEqual(['/ip4/8.8.8.8/tcp/1'])
  })

  it('takes what was found of a place that a node no longer tells for nobody', () => {
    const plan = newPlan()
    plan.claim(askerAt('a', LOOPBACK), [PLACE])
    plan.due(0)
    plan.withdraw('a')
    expect(plan.ended(PLACE, { peerId: 'a' }, 0)).toEqual([])
    expect(plan.verdictOf('a')).toEqual({ reached: [], open: [], failed: [] })
  })

  it('goes by the last addresses that a node has told', () => {
    const plan = newPlan()
    plan.claim(askerAt('a', LOOPBACK), [PLACE])
    plan.due(0)
    plan.claim(askerAt('a', LOOPBACK), [PLACE, '/ip4/127.0.0.1/tcp/2'])
    expect(plan.due(0)).toEqual(['/ip4/127.0.0.1/tcp/2'])
    plan.ended(PLACE, { peerId: 'a' }, 0)
    expect(plan.verdictOf('a')).toMatchObject({ reached: [PLACE], open: ['/ip4/127.0.0.1/tcp/2'] })
  })
})
