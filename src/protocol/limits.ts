/** Bytes of the secret that the two ends of a sealed session share. */
export const SECRET_BYTES = 32

/** Limits on one frame on a route. They bound the memory and the work that a peer can cause. */
export const ROUTE_LIMITS = {
  /** A segment of the largest size (1 MiB) with its header and seal. */
  maxFrameBytes: 1024 * 1024 + 64,
  maxHops: 8,
  maxAddressesPerHop: 16,
  maxAddressBytes: 512,
  maxPeerIdBytes: 128,
  maxNameBytes: 1024,
  maxPatternsPerControl: 64,
  maxPatternBytes: 16 * 1024,
  maxReassignmentsPerControl: 64,
  maxRangesPerMessage: 4096,
  maxHashGroupsPerControl: 1024,
  /** Lengths of segments in one message: 3 KiB. */
  maxLengthsPerMessage: 1024,
  maxTestBytes: 256 * 1024,
  maxMessageBytes: 512,
  maxRecordBytes: 4096,
  /** One message of the handshake between client and source. */
  maxHandshakeBytes: 2048,
  /** A pass that names as many relays as an answer of a director can, with usual peer ids. */
  maxPassBytes: 8 * 1024,
  maxSeq: Number.MAX_SAFE_INTEGER
} as const

/** Limits on a ticket, so that it can still be sent in a message. */
export const TICKET_LIMITS = {
  /** Without prefix and checksum; the text is a little more than half as long again. */
  maxBytes: 4096,
  maxHolders: 8,
  maxRelays: 16,
  maxDirectors: 8,
  maxAddresses: 8,
  maxAddressBytes: 256
} as const
