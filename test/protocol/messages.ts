import { encodeRequest } from '../../src/protocol/route-codec.ts'
import type { Control, Hop, Open, Plan, Request, RouteMessage } from '../../src/protocol/route-messages.ts'

export function control(orders: Partial<Control> = {}): Control {
  return {
    patterns: [],
    reassignments: [],
    credits: [],
    horizon: 0,
    done: 0,
    hashed: [],
    ...orders
  }
}

export function plan(orders: Partial<Plan> = {}): Plan {
  return { patterns: [], drops: [], done: 0, ...orders }
}

export function request(wishes: Partial<Request> = {}): Request {
  return {
    name: 'films/a.mkv',
    rootHash: new Uint8Array(32),
    firstSeq: 0,
    control: control(),
    testBytes: 0,
    capabilities: [],
    ...wishes
  }
}

export function open(hops: Hop[], changes: Partial<Open> = {}, wishes: Partial<Request> = {}): Open {
  return {
    hops,
    sessionId: new Uint8Array(16).fill(7),
    route: 0,
    plan: plan(),
    capabilities: [],
    request: encodeRequest(request(wishes)),
    ...changes
  }
}

export function opened(record: Uint8Array = Uint8Array.of(1)): RouteMessage {
  return { kind: 'opened', record: Uint8Array.from(record), capabilities: [] }
}

export function relay(peerId: string, setUpMs = 0): RouteMessage & { kind: 'relay' } {
  return {
    kind: 'relay',
    peerId,
    maxRateBytesPerSecond: 0,
    bufferBytes: 1,
    sessions: 1,
    maxSessions: 2,
    setUpMs,
    capabilities: []
  }
}

export function report(answers: Partial<RouteMessage & { kind: 'report' }> = {}): RouteMessage {
  return { kind: 'report', source: 'source', patterns: [], reassigned: [], ...answers }
}
