import type { Control, Hop, Open } from '../../src/protocol/route-codec.ts'

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

export function open(hops: Hop[], wishes: Partial<Open> = {}): Open {
  return {
    sessionId: new Uint8Array(16).fill(7),
    route: 0,
    name: 'films/a.mkv',
    rootHash: new Uint8Array(32),
    hops,
    firstSeq: 0,
    control: control(),
    testBytes: 0,
    ...wishes
  }
}
