import { MalformedMessageError } from './malformed-message.ts'

/**
 * The first byte of each frame. Kinds below 0x40 are *hop* kinds: every node of the path reads them. All others are *end*
 * kinds, between client and source: a relay passes them on unread, those from 0x80 on before the segments that wait.
 */
export const KINDS = {
  open: 0x00,
  opened: 0x01,
  relay: 0x02,
  status: 0x03,
  segment: 0x04,
  plan: 0x05,
  dropped: 0x06,
  held: 0x07,
  lane: 0x20,
  laneBegins: 0x21,
  receipt: 0x22,
  hashes: 0x40,
  head: 0x41,
  lengths: 0x42,
  control: 0x80,
  report: 0x81,
  test: 0x82,
  testReply: 0x83,
  skipped: 0x84,
  handshake: 0x85,
  request: 0x86,
  ended: 0x87,
  parts: 0x88
} as const

export type Kind = keyof typeof KINDS

const FIRST_SKIPPABLE = 0x20
const FIRST_END_KIND = 0x40
const FIRST_OVERTAKING = 0x80

type HopKind =
  | 'open'
  | 'opened'
  | 'relay'
  | 'status'
  | 'segment'
  | 'plan'
  | 'dropped'
  | 'held'
  | 'lane'
  | 'laneBegins'
  | 'receipt'

const NAMES = new Map(Object.entries(KINDS).map(([name, kind]) => [kind as number, name as Kind]))

/**
 * Returns the name of the frame's kind; undefined for an unknown one that a node has to skip. Throws
 * MalformedMessageError.
 */
export function kindOf(frame: Uint8Array): Kind | undefined {
  const kind = frame[0]
  const name = kind === undefined ? undefined : NAMES.get(kind)
  if (name === undefined && !isSkippable(kind)) throw new MalformedMessageError(`unknown kind ${kind}`)
  return name
}

/**
 * Tells what the frame is to a relay: a hop kind, an end kind that keeps its place among the segments or may overtake them,
 * or an unknown hop kind that has to be skipped. Throws MalformedMessageError.
 */
export function relayKindOf(frame: Uint8Array): HopKind | 'inOrder' | 'overtaking' | undefined {
  const kind = frame[0]
  if (kind === undefined || kind < FIRST_END_KIND) return kindOf(frame) as HopKind | undefined
  return kind < FIRST_OVERTAKING ? 'inOrder' : 'overtaking'
}

/** Tells whether a frame of this kind may overtake segments on its way. */
export function mayOvertake(kind: number): boolean {
  return kind >= FIRST_OVERTAKING || kind === KINDS.opened
}

/** Tells whether frames of this kind keep their order among each other: segments, and what verifies them. */
export function keepsOrder(kind: number): boolean {
  return kind === KINDS.segment || (kind >= FIRST_END_KIND && kind < FIRST_OVERTAKING)
}

/** Tells whether frames of this kind are encrypted in a sealed session: all that no relay has to read. */
export function isSealed(kind: number): boolean {
  if (kind < FIRST_END_KIND) return kind === KINDS.segment || kind === KINDS.opened
  return kind !== KINDS.handshake
}

function isSkippable(kind: number | undefined): boolean {
  return kind !== undefined && kind >= FIRST_SKIPPABLE && kind < FIRST_END_KIND
}
