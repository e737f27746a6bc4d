import { createHash, timingSafeEqual } from 'node:crypto'
import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'

/** Who comes to a director: a node that registers, or a client that asks. */
export type Party = 'source' | 'relay' | 'client'

/** One rule: it fits those who have its token, or else the peers that it lists. */
export interface AccessRule {
  /** 1 to 64 bytes; tells people by which rule a node came in. */
  name: string
  /** A token, the peer ids of those whom the rule fits, or `any` for everybody. */
  fits: { token: string } | { peers: readonly string[] } | 'any'
  /**
   * The names that a source may register by this rule: `films/a.mkv` is one name, `films/*` are all
   * that begin with `films/`. Absent: any name.
   */
  names?: readonly string[]
}

/**
 * Who may do what at a director: rules for each party, of which the first that fits counts. A party
 * without rules is let in whoever it is.
 */
export type AccessRules = Readonly<Partial<Record<Party, readonly AccessRule[]>>>

/** Someone at a director's door: the connection proves the peer id. */
export interface Guest {
  party: Party
  peerId: string
  /** The token that it gave, if any. */
  token?: string | undefined
}

/** The terms on which a guest is let in. */
export interface Admission {
  /** Name of the rule that fits; absent where the director is open. */
  vouchedBy?: string
  /** See AccessRule. */
  names?: readonly string[]
}

/** A guest that was let in. */
export interface Admitted {
  guest: Guest
  admission: Admission
}

/** No rule fits the guest. */
export class NotAdmittedError extends AnabranchError {
  constructor(guest: Guest, rules: readonly AccessRule[]) {
    super('ERR_NOT_ADMITTED', `it admits no such ${guest.party}: ${adviceFor(guest, rules)}`, {
      exitCode: ExitCode.refused,
      wireStatus: WireStatus.notAdmitted
    })
  }
}

/** The rules of a director where all who register or ask share one token. */
export function sharedToken(token: string): AccessRules {
  const rules = [{ name: 'token', fits: { token } }]
  return { source: rules, relay: rules, client: rules }
}

/** Returns the terms on which the rules let a guest in. Throws NotAdmittedError. */
export function admit(access: AccessRules, guest: Guest): Admission {
  const rules = access[guest.party]
  if (rules === undefined) return {}
  const rule = rules.find(({ fits }) => isFit(fits, guest))
  if (rule === undefined) throw new NotAdmittedError(guest, rules)
  return { vouchedBy: rule.name, ...(rule.names ? { names: rule.names } : {}) }
}

/** Whether the rules let a guest in on the same terms as before. */
export function isStillAdmitted(access: AccessRules, { guest, admission }: Admitted): boolean {
  try {
    return JSON.stringify(admit(access, guest)) === JSON.stringify(admission)
  } catch {
    return false
  }
}

/** Whether a source that was let in so may register the name. */
export function mayRegister({ names }: Admission, name: string): boolean {
  return (
    names?.some(pattern =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
    ) ?? true
  )
}

function isFit(fits: AccessRule['fits'], { peerId, token }: Guest): boolean {
  if (fits === 'any') return true
  if ('peers' in fits) return fits.peers.includes(peerId)
  return token !== undefined && timingSafeEqual(digestOf(token), digestOf(fits.token))
}

/** Digests have one length, so that comparing them does not tell the length of a token either. */
function digestOf(token: string): Uint8Array {
  return createHash('sha256').update(token).digest()
}

function adviceFor({ party, peerId, token }: Guest, rules: readonly AccessRule[]): string {
  const has = (kind: string) => rules.some(({ fits }) => fits !== 'any' && kind in fits)
  const advice: string[] = []
  if (has('token')) {
    advice.push(token === undefined ? 'give its token' : 'the token given is not one of its tokens')
  }
  if (has('peers')) {
    const keeping = party === 'client' ? ', which a home keeps' : ''
    advice.push(`ask its operator to list the peer id ${peerId}${keeping}`)
  }
  return advice.length === 0 ? 'use another director' : advice.join(', or ')
}
