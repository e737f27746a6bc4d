import { describe, expect, it } from 'vitest'
import { answerQuery, isSameAnswer } from '../../src/director/answer.ts'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import type { PathIds, QueryRequest } from '../../src/protocol/director-messages.ts'
import { ScriptedRegistry } from './scripted-registry.ts'

const query: QueryRequest = { kind: 'query', content: { name: 'film' }, routes: 2, held: [], watch: true }

/** Sources s1 and s2 with the same bytes, and relays r1 and r2, all of which can what its name says. */
function registry(): ScriptedRegistry {
  const filled = new ScriptedRegistry(DIRECTOR_LIMITS)
  for (const peerId of ['s1', 's2', 'r1', 'r2']) {
    const role = peerId.startsWith('s') ? ('source' as const) : ('relay' as const)
    const capabilities = [`can-${peerId}`]
    filled.register({ peerId, role, addresses: [], labels: [], restricted: false, capabilities }, 0)
    if (role === 'source') filled.putContents(peerId, [{ name: 'film', rootHash: '00', record: '' }])
  }
  for (const source of ['s1', 's2'])
    filled.measure(
      source,
      ['r1', 'r2'].map(peerId => ({ peerId, rttMs: 10 })),
      0
    )
  return filled
}

function answer(from: ScriptedRegistry, before: PathIds[] = []) {
  return answerQuery(from, query, {}, before, { nowMs: 0, settling: false }, DIRECTOR_LIMITS).reply
}

describe('an answer', () => {
  it('describes all holders, and leads to each', () => {
    const { holders, routes } = answer(registry())
    const described = (peerId: string) => ({
      peerId,
      addresses: [`/dns/${peerId}/tcp/1`],
      record: new Uint8Array(0),
      capabilities: [`can-${peerId}`]
    })
    expect(holders).toEqual([described('s1'), described('s2')])
    expect(routes.map(({ source }) => source).sort()).toEqual(['s1', 's2'])
    expect(new Set(routes.flatMap(({ relays }) => relays.map(({ peerId }) => peerId))).size).toBe(2)
  })

  it('tells what the relays have registered that they can', () => {
    expect(answer(registry()).routes.flatMap(({ relays }) => relays)).toMatchObject([
      { capabilities: ['can-r1'] },
      { capabilities: ['can-r2'] }
    ])
  })

  it('counts as another one when a node registers anew with other capabilities', () => {
    const changing = registry()
    const before = answer(changing)
    expect(isSameAnswer(answer(changing), before)).toBe(true)
    const node = { peerId: 'r1', role: 'relay' as const, addresses: [], labels: [], restricted: false }
    changing.register({ ...node, capabilities: ['more'] }, 0)
    expect(isSameAnswer(answer(changing), before)).toBe(false)
  })

  it('says of a content that nobody has whether a source that can be meant is still hashing', () => {
    const from = registry()
    const unknown: QueryRequest = { ...query, content: { name: 'other' } }
    const indexingFor = (asked: QueryRequest) =>
      answerQuery(from, asked, {}, [], { nowMs: 0, settling: false }, DIRECTOR_LIMITS).reply.indexing
    expect(indexingFor(unknown)).toBeUndefined()
    from.renew('s2', { draining: false, load: 0, indexing: true }, 0)
    expect(indexingFor(unknown)).toBe(true)
    expect(indexingFor({ ...unknown, source: 's1' })).toBeUndefined()
    expect(indexingFor({ ...unknown, source: 's2' })).toBe(true)
    expect(indexingFor(query)).toBeUndefined()
    from.renew('s2', { draining: false, load: 0 }, 0)
    expect(indexingFor(unknown)).toBeUndefined()
  })

  it('keeps held paths, and names the paths that came and went by all of their nodes', () => {
    const held = [
      { relays: ['r1'], source: 's2' },
      { relays: ['r9'], source: 's2' }
    ]
    const { gained, lost } = answer(registry(), held)
    expect([gained, lost]).toEqual([['r2>s1'], ['r9>s2']])
  })

  it('does not keep a held path without a relay, where nobody asks to be led straight to a source', () => {
    const { routes, lost } = answer(registry(), [{ relays: [], source: 's1' }])
    expect(routes).toHaveLength(2)
    expect(lost).toEqual(['s1'])
  })

  it('loses the routes to a source that goes, and gains those over the same relays to another', () => {
    const changing = registry()
    const before = [
      { relays: ['r1'], source: 's1' },
      { relays: ['r2'], source: 's2' }
    ]
    changing.remove('s1')
    const { gained, lost } = answer(changing, before)
    expect([gained, lost]).toEqual([['r1>s2'], ['r1>s1']])
  })
})
