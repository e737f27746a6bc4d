import { describe, expect, it } from 'vitest'
import { AttachmentPlan, MAX_ATTACHMENTS } from '../../src/discovery/attachment-plan.ts'

/** A relay in a network of its own. */
const relay = (at: number, network = at) => ({
  peerId: `relay ${at}`,
  addresses: [`/ip4/8.${network}.1.${at}/tcp/4003`]
})
const MANY = Array.from({ length: 12 }, (_, at) => relay(at + 1))

/** A plan in which all relays have answered, the first ones soonest. */
function planOf(relays = MANY): AttachmentPlan {
  const plan = new AttachmentPlan()
  plan.setCandidates(relays)
  for (const [at, { peerId }] of relays.entries()) plan.measured(peerId, 10 + at)
  return plan
}

function attachAll(plan: AttachmentPlan, nowMs: number): string[] {
  const due = plan.due(nowMs).map(({ peerId }) => peerId)
  for (const peerId of due) plan.attached(peerId, nowMs)
  return due
}

describe('AttachmentPlan', () => {
  it('takes the nearest relays, those that answer, and no more than it needs', () => {
    const plan = new AttachmentPlan()
    plan.setCandidates(MANY)
    expect(plan.due(0)).toEqual([])
    plan.measured('relay 3', 30)
    expect(attachAll(plan, 0)).toEqual(['relay 3'])
    for (const [at, { peerId }] of MANY.entries()) plan.measured(peerId, 100 - at)
    const rest = attachAll(plan, 0)
    expect(rest.slice(0, 2)).toEqual(['relay 12', 'relay 11'])
    expect(plan.relays).toHaveLength(MAX_ATTACHMENTS)
  })

  it('takes relays of other networks before near ones of the same', () => {
    const plan = planOf([relay(1, 5), relay(2, 5), relay(3, 6)])
    expect(attachAll(plan, 0)).toEqual(['relay 1', 'relay 3', 'relay 2'])
  })

  it('asks a relay that refuses ever more rarely, and another at once', () => {
    const plan = planOf()
    expect(plan.due(0)).toHaveLength(MAX_ATTACHMENTS)
    plan.ended('relay 1', 0)
    expect(plan.due(0).map(({ peerId }) => peerId)).toEqual(['relay 9'])
    const few = planOf([relay(1)])
    const waits = Array.from({ length: 9 }, () => {
      few.due(1e9)
      few.ended('relay 1', 0)
      return few.waitMs(0)
    })
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 120, 120].map(seconds => seconds * 1_000))
  })

  it('comes back at once to a relay to which it was attached for long', () => {
    const plan = planOf([relay(1)])
    plan.due(0)
    plan.ended('relay 1', 0)
    attachAll(plan, 10_000)
    plan.ended('relay 1', 100_000)
    expect(plan.due(100_000)).toEqual([relay(1)])
  })

  it('leaves a relay that drains once another has taken its place', () => {
    const plan = planOf()
    attachAll(plan, 0)
    plan.draining('relay 2')
    expect(plan.toLeave).toEqual([])
    expect(attachAll(plan, 0)).toEqual(['relay 9'])
    expect(plan.toLeave).toEqual(['relay 2'])
    plan.ended('relay 2', 0)
    expect(plan.toLeave).toEqual([])
  })

  it('leaves a relay that drains at once where there is no other', () => {
    const plan = planOf([relay(1)])
    attachAll(plan, 0)
    plan.draining('relay 1')
    expect(plan.toLeave).toEqual(['relay 1'])
  })

  it('leaves relays that are no longer named, and asks no source twice', () => {
    const plan = planOf([relay(1), relay(2)])
    expect(plan.due(0)).toHaveLength(2)
    plan.attached('relay 1', 0)
    plan.isNoRelay('relay 2')
    expect(plan.due(1e9)).toEqual([])
    plan.setCandidates([relay(2)])
    expect(plan.toLeave).toEqual(['relay 1'])
    plan.ended('relay 1', 0)
    expect([plan.relays, plan.waitMs(0)]).toEqual([[], undefined])
  })
})
