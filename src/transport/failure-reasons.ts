import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import { placeOf } from './dial-budget.ts'

/** A try of a dial that failed; `address` is undefined where none could be found out. */
export interface DialFailure<A> {
  address: A | undefined
  error: unknown
}

/** Addresses that one message names; of more it tells how many. */
const NAMED_ADDRESSES = 4

const NO_NETWORK = 'this host has no route there'
export const NO_FILES = 'too many open files'

/** What the system's errors mean to people, by their code. */
const BY_CODE: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route to host',
  EHOSTDOWN: 'no route to host',
  ENETUNREACH: NO_NETWORK,
  EADDRNOTAVAIL: NO_NETWORK,
  ENETDOWN: NO_NETWORK,
  EMFILE: NO_FILES,
  ENFILE: NO_FILES,
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  EACCES: 'this host forbids it',
  EPERM: 'this host forbids it',
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'names cannot be looked up now'
}

/** What the errors of libraries mean to people, by their name. */
const BY_NAME: Record<string, string> = {
  NoAnswerError: 'no answer',
  TimeoutError: 'no answer',
  UnexpectedPeerError: 'another peer answers there',
  UnsupportedProtocolError: 'it speaks another version of the protocol',
  UnexpectedEOFError: 'it closed the connection',
  NoValidAddressesError: 'no address of it is known'
}

/** No address of a peer has brought a connection. `failures` has the reason of each, in the order in which they failed. */
export class UnreachableError extends AnabranchError {
  readonly failures: readonly { address: string | undefined; reason: string }[]

  constructor(failures: readonly DialFailure<{ toString(): string }>[]) {
    const told = failures.map(({ address, error }) => ({
      address: address === undefined ? undefined : placeOf(address.toString()),
      reason: reasonOf(error)
    }))
    super('ERR_UNREACHABLE', messageOf(told), {
      exitCode: ExitCode.network,
      wireStatus: WireStatus.nextHopUnreachable,
      cause: failures.at(-1)?.error
    })
    this.failures = told
  }

  /** What this host lacks, where every address failed for that: a network, or open files. */
  get lacks(): 'network' | 'files' | undefined {
    const all = (reason: string) => this.failures.every(failure => failure.reason === reason)
    if (all(NO_NETWORK)) return 'network'
    return all(NO_FILES) ? 'files' : undefined
  }
}

/** The name of a host could not be looked up. */
export class NameError extends AnabranchError {
  constructor(name: string, cause: unknown) {
    super('ERR_NAME', `${reasonOf(cause)}: ${name}`, { exitCode: ExitCode.network, cause })
  }
}

/** Why something failed on the network, in few words for people. */
export function reasonOf(error: unknown): string {
  if (error instanceof AnabranchError) return error.message
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors.at(-1))
  if (!(error instanceof Error)) return 'the other side closed it'
  return BY_CODE[codeOf(error) ?? ''] ?? BY_NAME[error.name] ?? encryptionReasonOf(error) ?? error.message
}

function codeOf(error: Error): string | undefined {
  const code = 'code' in error ? String(error.code) : ''
  return code in BY_CODE ? code : /\bE[A-Z_]{4,}\b/.exec(error.message)?.[0]
}

/** libp2p keeps no more of what ended a handshake than the text. */
function encryptionReasonOf({ name, message }: Error): string | undefined {
  if (name !== 'EncryptionFailedError') return undefined
  if (/identity key|unexpected peer/i.test(message)) return 'another peer answers there'
  if (/does not speak|unsupported protocol/i.test(message)) return 'no node of this network answers there'
  return 'it broke the handshake off'
}

function messageOf(failures: UnreachableError['failures']): string {
  const named = failures
    .slice(0, NAMED_ADDRESSES)
    .map(({ address, reason }) => (address === undefined ? reason : `${address} (${reason})`))
  const others = failures.length - named.length
  return [...named, ...(others > 0 ? [`${others} more`] : [])].join(', ')
}
