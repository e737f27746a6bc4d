import type { Party } from './access.ts'
import type { Complained } from './conversation.ts'

/**
 * What a director's operator may want to know. `refused` are those whom the access rules do not let in,
 * and those who speak another version of the route protocol: nodes of these are registered all the
 * same, but nobody is led to them.
 */
export type DirectorEvent =
  | { kind: 'joined'; role: 'source' | 'relay'; peerId: string; vouchedBy?: string }
  | { kind: 'refused'; role: Party; peerId: string; message: string }
  | { kind: 'unreached'; peerId: string; addresses: { address: string; reason: string }[] }
  | ({ kind: 'complaint' } & Complained)
  | { kind: 'left'; peerId: string; reason: 'ended' | 'connection lost' | 'lease expired' }
  /** What directors share is at hand, or away: then this director goes on with what it knows. */
  | { kind: 'stateFound' | 'stateLost' }
  /** Another director that shares the state is there; or it is silent, and its nodes are left out. */
  | { kind: 'directorFound' | 'directorLost'; peerId: string }
  /** Something about the shared state that the operator can mend. */
  | { kind: 'stateProblem'; message: string }
