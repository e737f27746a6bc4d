import { describe, expect, it } from 'vitest'
import type { DirectorView, NodeView, WatchView } from '../../src/director/view.ts'
import { DIRECTOR_PAGE_LIMITS } from '../../src/director-page/limits.ts'
import { mapLayout } from '../../src/director-page/map-layout.ts'
import { pageView } from '../../src/director-page/page-view.ts'
import { WireStatus } from '../../src/errors.ts'

const NO_ANSWER = { address: '/ip4/203.0.113.4/tcp/4003', reason: 'no answer' }

function node(peerId: string, more: Partial<NodeView> = {}): NodeView {
  return {
    peerId,
    role: peerId.startsWith('s') ? 'source' : 'relay',
    ...{ addresses: ['/ip4/203.0.113.4/tcp/4003'], reachable: [], attachedTo: [], labels: [] },
    ...{ restricted: false, capabilities: [], otherVersion: false, draining: false, load: 0 },
    ...{ state: 'connected', leaseLeftMs: 9_000, contentCount: 0 },
    ...more
  }
}

function viewOf(view: Partial<DirectorView>, find = '', gone: Parameters<typeof pageView>[0]['gone'] = []) {
  const whole: DirectorView = { nodes: [], links: [], contents: [], contentCount: 0, watches: [], ...view }
  const isoAgo = (agoMs: number) => `${agoMs} ago`
  return pageView({ view: whole, director: 'd', gone, lately: [], isoAgo, find })
}

describe('what the page shows', () => {
  it('names who cannot be reached, since when, and which port to open; those first', () => {
    const lost = node('r2', { unreachable: { forMs: 60, isChecking: false, failed: [NO_ANSWER] } })
    const { problems, nodes, counts } = viewOf({ nodes: [node('r1', { draining: true }), lost] })
    expect(problems).toEqual([
      {
        severity: 'problem',
        peerId: 'r2',
        since: '60 ago',
        what: 'relay r2: not reachable from outside (no answer at /ip4/203.0.113.4/tcp/4003)',
        remedy: expect.stringContaining('open port 4003')
      },
      expect.objectContaining({ severity: 'notice', peerId: 'r1' })
    ])
    expect(nodes.map(({ peerId, concern }) => [peerId, concern])).toEqual([
      ['r2', 'problem'],
      ['r1', 'notice']
    ])
    expect(counts).toMatchObject({ relays: 2, problems: 1, notices: 1 })
  })

  it('takes it for no problem that a node is still looked for, or is reached over relays', () => {
    const checked = node('r1', { unreachable: { forMs: 1, isChecking: true, failed: [NO_ANSWER] } })
    const home = node('s1', {
      attachedTo: ['r9'],
      unreachable: { forMs: 1, isChecking: false, failed: [NO_ANSWER] }
    })
    expect(viewOf({ nodes: [checked, home] }).counts).toMatchObject({ problems: 0, notices: 1 })
  })

  it('names nodes that were lost until they are back', () => {
    const gone = [{ peerId: 'r1', role: 'relay' as const, at: 'then', reason: 'lease expired' }]
    expect(viewOf({}, '', gone).problems).toMatchObject([{ peerId: 'r1', since: 'then' }])
    expect(viewOf({ nodes: [node('r1')] }, '', gone).problems).toEqual([])
  })

  it('tells clients that want the same as one, with why they get no more', () => {
    const route = { id: 'r1>s1', relays: ['r1'], source: 's1', costMs: 5 }
    const shortfall = '1 of 2 routes: every further route would share relay r1'
    const told = { status: WireStatus.ok, holders: ['s1'], routes: [route], shortfall }
    const watch: WatchView = { content: { name: 'film' }, wanted: 2, told }
    const { watches, problems } = viewOf({ watches: [watch, watch] })
    expect(watches).toEqual([
      {
        ...{ content: { name: 'film' }, wanted: 2, clients: 2, shortfall },
        routes: [{ relays: ['r1'], source: 's1', clients: 2 }]
      }
    ])
    expect(problems).toMatchObject([{ severity: 'notice', what: expect.stringContaining(shortfall) }])
  })

  it('shows links by the places of their ends', () => {
    const links = [{ ends: ['s1', 'r1'] as [string, string], rttMs: 12.345 }]
    const { nodes, links: shown } = viewOf({ nodes: [node('s1'), node('r1')], links })
    expect(shown.map(({ a, b, rttMs }) => [nodes[a]!.peerId, nodes[b]!.peerId, rttMs])).toEqual([
      ['s1', 'r1', 12]
    ])
  })

  it('shows groups and those with problems where nodes are many, and finds any of them', () => {
    const lost = { forMs: 1, isChecking: false, failed: [NO_ANSWER] }
    const nodes = Array.from({ length: 10_000 }, (_, at) =>
      node(`r${at}`, {
        vouchedBy: at % 4 === 0 ? 'house' : 'partner',
        ...(at === 77 ? { unreachable: lost } : {})
      })
    )
    const links = [{ ends: ['r1', 'r4'] as [string, string], rttMs: 10 }]
    const view = viewOf({ nodes, links })
    expect(view.nodes.map(({ peerId }) => peerId)).toEqual(['r77'])
    expect(view.groups).toMatchObject([
      { role: 'relay', name: 'house', nodes: 2_500, problems: 0 },
      { role: 'relay', name: 'partner', nodes: 7_500, problems: 1 }
    ])
    expect(view.groupLinks).toEqual([{ a: 0, b: 1, links: 1, rttMs: 10 }])
    expect(view.leftOut.nodes).toBe(9_999)
    expect(viewOf({ nodes }, 'R123').nodes.map(({ peerId }) => peerId)).toContain('r1234')
    expect(viewOf({ nodes }, 'house').nodes).toHaveLength(DIRECTOR_PAGE_LIMITS.maxNodes)
  })
})

it.each([390, 1_280])('all nodes have a place on a map of %d pixels', width => {
  for (const counts of [
    [0, 0, 0],
    [1, 2, 1],
    [30, 270, 7],
    [400, 400, 10]
  ] as [number, number, number][]) {
    const { height, blocks } = mapLayout(counts, width)
    expect(blocks.map(({ places }) => places.length)).toEqual(counts)
    for (const { x, y } of blocks.flatMap(({ places }) => places)) {
      expect(x).toBeGreaterThan(0)
      expect(x).toBeLessThan(width)
      expect(y).toBeGreaterThan(0)
      expect(y).toBeLessThan(height)
    }
  }
})
