import type { ShownContent } from '../../src/client/fetch-control.ts'
import type { ShownRoute } from '../../src/client/session-steering.ts'
import type { AnsweredDaemon, AnsweredFetch } from '../../src/node-page/nodes-view.ts'

/** A relay with one route, which has carried so much. */
export function answeredRelay(downBytes: number, upBytes: number): AnsweredDaemon {
  return {
    ...{ role: 'relay', pid: 12, peerId: '12D3KooWrelayabcdef', figures: { routes: 1 } },
    relay: {
      ...{ downBytes, upBytes, heldBytes: 0, admitted: 3, failed: [] },
      refused: [
        {
          reason: 'refused_sessions',
          count: 4,
          message: 'The relay already carries 1 route',
          peerId: 'x',
          atMs: 0
        }
      ],
      limits: {
        ...{ maxRoutes: 1, maxRoutesPerPeer: 64, maxHeldBytes: 1e6, maxRateBytesPerSecond: 2_500_000 },
        day: { maxBytes: 5e9, leftBytes: 4e9 }
      },
      routes: [
        {
          ...{ peerId: '12D3KooWclientabcdef', nextHop: '12D3KooWsourceabcdef', sessionId: '8093ac7ffdf6' },
          ...{ letter: 'A', downBytes, upBytes, queuedBytes: 32_000 }
        }
      ]
    }
  }
}

export const SOURCE = (sentBytes: number): AnsweredDaemon => ({
  ...{ role: 'source', pid: 13, peerId: '12D3KooWsourceabcdef', figures: { contents: 7, sessions: 1 } },
  source: {
    ...{ sentBytes, refused: 2, failed: 0, maxSessions: 64 },
    sessions: [{ id: 's', name: 'a.mkv', peerId: '12D3KooWrelayabcdef', routes: 1, sentBytes }]
  }
})

export function answeredFetch(...contents: ShownContent[]): AnsweredFetch {
  return { pid: 77, state: { isPaused: false, contents } }
}

/** A content of 10 MB of which so much is here. */
export function contentOf(bytes: number, routes: ShownRoute[]): ShownContent {
  return {
    ...{
      name: 'holiday.mkv',
      bytes,
      sizeBytes: 10_000_000,
      isLive: false,
      elapsedMs: 9_000,
      reorderBytes: 0
    },
    ...{ longestStallMs: 40, pattern: 'AABAC', routes },
    lossAttribution: [
      { cause: 'startUp', seconds: 0.84, share: 0.1, text: 'start-up: first byte after 0.64 s' }
    ]
  }
}

/** An open route that could carry 1 MB a second. */
export function routeOf(id: string, bytes: number): ShownRoute {
  return {
    ...{
      id,
      relays: ['12D3KooWrelayabcdef'],
      source: '12D3KooWsourceabcdef',
      state: 'open',
      isParked: false
    },
    ...{ weight: 0.5, rateBytesPerSecond: 1_000_000, rttMs: 7.4, bytes }
  }
}
