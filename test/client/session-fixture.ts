import type { FetchEvent } from '../../src/client/fetch-events.ts'
import { RouteLostError } from '../../src/client/route-errors.ts'
import type { RoutePath } from '../../src/client/route-table.ts'
import { ClientSession } from '../../src/client/session.ts'
import type { SessionAction } from '../../src/client/session-action.ts'
import type { SessionInit } from '../../src/client/session-init.ts'
import { TICK_MS } from '../../src/planner/planner.ts'
import type { PeerAddresses } from '../../src/protocol/director-messages.ts'
import { extentOf } from '../../src/protocol/extent.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import { opened } from '../protocol/messages.ts'
import { ScriptedPlanner } from './scripted-planner.ts'

export const SEGMENT_BYTES = 4
export const SEGMENTS = 10
export const PATIENCE_MS = 20_000
export const CONTENT = { sizeBytes: SEGMENTS * SEGMENT_BYTES, segmentBytes: SEGMENT_BYTES }
export const SOURCE = { peerId: 'source', addresses: [] }

type ActionOf<T extends SessionAction['type']> = SessionAction & { type: T }

/** A session in virtual time, and all that it wanted done. `onOpen` says what becomes of each attempt, at once. */
export class SessionTrial {
  readonly planner = new ScriptedPlanner()
  readonly session: ClientSession
  readonly #onOpen: (open: ActionOf<'open'>, trial: SessionTrial) => void
  #actions: SessionAction[] = []
  nowMs = 0

  constructor(
    init: Partial<SessionInit> = {},
    onOpen: (open: ActionOf<'open'>, trial: SessionTrial) => void = () => {}
  ) {
    this.#onOpen = onOpen
    this.session = new ClientSession({
      record: {
        name: 'x',
        ...CONTENT,
        rootHash: new Uint8Array(32),
        sourcePeerId: SOURCE.peerId
      },
      extent: extentOf(CONTENT),
      sessionIdOf: () => new Uint8Array(16),
      isSealed: false,
      planner: this.planner,
      check: {
        learn: () => true,
        knows: () => true,
        verify: (_, payload) => payload[0] !== 13,
        forgetBelow: () => {}
      },
      maxRoutes: 8,
      patienceMs: PATIENCE_MS,
      startedAtMs: 0,
      nowMs: 0,
      ...init
    })
  }

  /** Ticks now and every `TICK_MS` until `untilMs`, that time included. */
  run(untilMs: number): void {
    for (; this.nowMs <= untilMs; this.nowMs += TICK_MS) this.do(session => session.tick(this.nowMs))
  }

  do(handle: (session: ClientSession) => void): void {
    handle(this.session)
    for (let action = this.session.nextAction(); action; action = this.session.nextAction()) {
      this.#actions.push(action)
      if (action.type === 'open') this.#onOpen(action, this)
    }
  }

  /** The route is dialled, and `rttMs` later the source has answered. */
  open(route: number, rttMs = 10): void {
    this.do(session => session.dialled(route, this.nowMs))
    this.nowMs += rttMs
    this.do(session => session.received(route, opened(), this.nowMs))
    this.planner.decision = { states: [{ route, state: 'open', reason: '' }] }
    this.do(session => session.step(this.nowMs))
  }

  /** The route ends with what the source is claimed to say. */
  lose(route: number, reason: string, wireStatus?: number, retryAfterMs?: number): void {
    const error = new RouteLostError(reason, wireStatus, undefined, { sourceWord: 'claimed', retryAfterMs })
    this.do(session => session.closed(route, error, this.nowMs))
  }

  receive(route: number, message: RouteMessage): void {
    this.do(session => session.received(route, message, this.nowMs))
  }

  /** What it wanted done since this was asked last, by type. */
  take<T extends SessionAction['type']>(type: T): ActionOf<T>[] {
    const taken = this.#actions.filter((action): action is ActionOf<T> => action.type === type)
    this.#actions = this.#actions.filter(action => action.type !== type)
    return taken
  }

  takeEvents<T extends FetchEvent['event']>(name: T): (FetchEvent & { event: T })[] {
    const told = this.take('tell').map(({ event }) => event)
    return told.filter((event): event is FetchEvent & { event: T } => event.event === name)
  }

  /** The relays of the paths that it has opened since this was asked last. */
  takeOpened(): string[] {
    return this.take('open').map(({ path }) => path.relays[0]!.peerId)
  }
}

export function pathOver(relay: string, source: PeerAddresses = SOURCE): RoutePath {
  return { relays: [{ peerId: relay, addresses: [] }], source }
}

export function segment(seq: number, firstByte = 1): RouteMessage {
  const payload = new Uint8Array(SEGMENT_BYTES).fill(firstByte)
  return { kind: 'segment', seq, sentAtUs: 0, repair: false, more: false, payload }
}
