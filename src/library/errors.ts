/** The errors that programs may meet, and their codes. All of them are AnabranchErrors; `message` says what to do. */
export { WrongContentError } from '../client/blame.ts'
export { RangeOutsideError } from '../client/byte-range.ts'
export { ClientStoppedError } from '../client/client.ts'
export { FetchControlError } from '../client/fetch-control.ts'
export { ContentClosedError } from '../client/opened-content.ts'
export {
  DiskFullError,
  FileExistsError,
  FileTooLargeError,
  NoRoomError,
  OutputBusyError,
  OutputClosedError,
  OutputError,
  OutputIsDirectoryError,
  OutputNeighborForeignError,
  PartialFileForeignError,
  PartialFileOtherContentError,
  PartialFileTakenError,
  WrongSha256Error
} from '../client/output/output-errors.ts'
export {
  BehindWindowError,
  NobodyHeardError,
  NoRouteError,
  RouteLostError,
  RoutesRefusedError,
  WrongRecordError,
  WrongSourceError
} from '../client/route-errors.ts'
export { CorruptSegmentError } from '../client/transfer-errors.ts'
export {
  ContentNotFoundError,
  DirectorContradictionError,
  DirectorLostError,
  DirectorRefusedError,
  DirectorTimeoutError,
  DirectorUnreachableError,
  NodeUnreachedError,
  TokenExposedError
} from '../discovery/director-errors.ts'
export { AnabranchError, ConfigurationError, UsageError } from '../errors.ts'
export { InvalidContentNameError } from '../protocol/content-name.ts'
export { ProtocolVersionError } from '../protocol/version-error.ts'
export {
  CatalogDirectoryError,
  FileRestlessError,
  FileUnreadableError,
  HashCacheError,
  NameTakenError,
  NotAFileError,
  SymlinkOutsideError,
  WatchLimitError
} from '../source/catalog-errors.ts'
export {
  ContentChangedError,
  ContentGoneError,
  StreamPassedError,
  StreamReplacedError
} from '../source/content-errors.ts'
export { NameError, UnreachableError } from '../transport/failure-reasons.ts'
export { HomeBusyError } from '../transport/home.ts'
export { ListenError } from '../transport/node.ts'

/** What `code` of these errors can be. */
export const ERROR_CODES = [
  'ERR_BEHIND_WINDOW',
  'ERR_CATALOG_DIRECTORY',
  'ERR_CLIENT_STOPPED',
  'ERR_CONFIGURATION',
  'ERR_CONTENT_CHANGED',
  'ERR_CONTENT_CLOSED',
  'ERR_CONTENT_GONE',
  'ERR_CONTENT_NAME',
  'ERR_CONTENT_NOT_FOUND',
  'ERR_CONTROL',
  'ERR_CORRUPT',
  'ERR_DIRECTOR_CONTRADICTION',
  'ERR_DIRECTOR_LOST',
  'ERR_DIRECTOR_REFUSED',
  'ERR_DIRECTOR_TIMEOUT',
  'ERR_DIRECTOR_UNREACHABLE',
  'ERR_DISK_FULL',
  'ERR_FILE_EXISTS',
  'ERR_FILE_RESTLESS',
  'ERR_FILE_TOO_LARGE',
  'ERR_FILE_UNREADABLE',
  'ERR_HASH_CACHE',
  'ERR_HOME_BUSY',
  'ERR_LISTEN',
  'ERR_NAME',
  'ERR_NAME_TAKEN',
  'ERR_NOBODY_HEARD',
  'ERR_NODE_UNREACHED',
  'ERR_NOT_A_FILE',
  'ERR_NO_ROOM',
  'ERR_NO_ROUTE',
  'ERR_OUTPUT',
  'ERR_OUTPUT_BUSY',
  'ERR_OUTPUT_CLOSED',
  'ERR_OUTPUT_DIRECTORY',
  'ERR_PARTIAL_FOREIGN',
  'ERR_PARTIAL_OTHER',
  'ERR_PARTIAL_TAKEN',
  'ERR_PROTOCOL_VERSION',
  'ERR_ROUTES_REFUSED',
  'ERR_ROUTE_LOST',
  'ERR_SHA256',
  'ERR_STREAM_PASSED',
  'ERR_STREAM_REPLACED',
  'ERR_SYMLINK_OUTSIDE',
  'ERR_TOKEN_EXPOSED',
  'ERR_UNREACHABLE',
  'ERR_USAGE',
  'ERR_WATCH_LIMIT',
  'ERR_WRONG_CONTENT',
  'ERR_WRONG_RECORD',
  'ERR_WRONG_SOURCE'
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]
