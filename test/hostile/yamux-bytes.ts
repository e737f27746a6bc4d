export const TYPE = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const
export const FLAG = { syn: 1, ack: 2, fin: 4, rst: 8 } as const

export interface Header {
  version?: number
  type: number
  flags?: number
  streamId?: number
  /** What the header says of the length; bytes of data, a window's growth or a ping's number. */
  length?: number
}

/** The bytes of one yamux header, with whatever is asked for in its fields. */
export function header({ version = 0, type, flags = 0, streamId = 0, length = 0 }: Header): Uint8Array {
  const bytes = new Uint8Array(12)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, version)
  view.setUint8(1, type)
  view.setUint16(2, flags)
  view.setUint32(4, streamId)
  view.setUint32(8, length)
  return bytes
}

/** Opens a stream; what dials has odd numbers. */
export function open(streamId: number): Uint8Array {
  return header({ type: TYPE.windowUpdate, flags: FLAG.syn, streamId })
}

export function reset(streamId: number): Uint8Array {
  return header({ type: TYPE.windowUpdate, flags: FLAG.rst, streamId })
}

export function data(streamId: number, bytes: Uint8Array): Uint8Array {
  return joined([header({ type: TYPE.data, streamId, length: bytes.byteLength }), bytes])
}

/** The odd numbers of `count` streams from the `first`th on, as a client gives them. */
export function streamIds(count: number, first = 0): number[] {
  return Array.from({ length: count }, (_, at) => 2 * (first + at) + 1)
}

export function repeated(bytes: Uint8Array, times: number): Uint8Array {
  return joined(Array.from({ length: times }, () => bytes))
}

export function joined(parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** A message of multistream-select that asks for a protocol. */
export function protocol(name: string): Uint8Array {
  return new TextEncoder().encode(`${String.fromCharCode(name.length + 1)}${name}\n`)
}

/** Counts the headers with which streams are reset, in bytes that came in whole frames. */
export function resetsIn(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let resets = 0
  for (let at = 0; at + 12 <= bytes.byteLength; ) {
    const isData = view.getUint8(at + 1) === TYPE.data
    if ((view.getUint16(at + 2) & FLAG.rst) !== 0) resets++
    at += 12 + (isData ? view.getUint32(at + 8) : 0)
  }
  return resets
}
