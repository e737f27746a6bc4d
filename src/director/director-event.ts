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
