/** Exit codes of every command. Never renumbered: scripts rely on them. */
export const ExitCode = {
  ok: 0,
  other: 1,
  usage: 2,
  configuration: 3,
  notFound: 4,
  network: 5,
  integrity: 6,
  interrupted: 7,
  timeout: 8,
  disk: 9,
  refused: 10,
  uncounted: 11,
  signal: 130
} as const

/**
 * Status numbers that cross the wire. 1xx ok, 2xx the asker's fault, 3xx refused by limits or rules,
 * or taken, 4xx a failure further on.
 */
export const WireStatus = {
  ok: 100,
  malformed: 200,
  frameTooLarge: 201,
  unexpectedMessage: 202,
  unknownContent: 204,
  invalidRequest: 205,
  unsealed: 206,
  otherVersion: 207,
  refusedSessions: 300,
  refusedPeerSessions: 301,
  refusedRate: 302,
  draining: 303,
  taken: 304,
  notAdmitted: 305,
  notServed: 306,
  allowanceUsed: 307,
  outOfMemory: 308,
  refusedPass: 309,
  receiptsDue: 310,
  nextHopUnreachable: 400,
  nextHopLost: 401,
  contentChanged: 402,
  readFailed: 403,
  timeout: 404,
  notReady: 405,
  ended: 406,
  passed: 407,
  internal: 499
} as const

export interface AnabranchErrorInit {
  cause?: unknown
  /** Exit code that the command line ends with. Default: ExitCode.other. */
  exitCode?: number
  /** Status that a peer is told. Default: WireStatus.internal. */
  wireStatus?: number
  /**
   * The message's lines, where it has several. Default: the whole message is one line, even where
   * peers put line breaks into it.
   */
  lines?: readonly string[]
}

/**
 * Base of every error that reaches a user. `code` is stable and printed with --json; `message` says what to do.
 * Each condition has a subclass with its own `name` and `code`.
 */
export class AnabranchError extends Error {
  readonly code: string
  readonly exitCode: number
  readonly wireStatus: number
  readonly lines: readonly string[]

  constructor(code: string, message: string, init: AnabranchErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    this.name = new.target.name
    this.code = code
    this.exitCode = init.exitCode ?? ExitCode.other
    this.wireStatus = init.wireStatus ?? WireStatus.internal
    this.lines = init.lines ?? [message]
  }
}

/** A command was typed wrongly, or its flags do not fit together. */
export class UsageError extends AnabranchError {
  constructor(message: string, cause?: unknown) {
    super('ERR_USAGE', message, { exitCode: ExitCode.usage, cause })
  }
}

/** A configuration or topology file cannot be used. */
export class ConfigurationError extends AnabranchError {
  constructor(message: string, cause?: unknown) {
    super('ERR_CONFIGURATION', message, { exitCode: ExitCode.configuration, cause })
  }
}
