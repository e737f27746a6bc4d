/** The roles as classes, for programs that bring a libp2p node of their own, or stores, planners and rules. */

export { type ByteRange, RangeOutsideError, type RangeWish } from './client/byte-range.ts'
export { Client, ClientStoppedError, fetchContent } from './client/client.ts'
export {
  FetchControl,
  FetchControlError,
  type FetchSnapshot,
  type ShownContent
} from './client/fetch-control.ts'
export type { FetchEvent, FetchSummary, PublicRouteState, RouteProgress } from './client/fetch-events.ts'
export type {
  ClientOptions,
  FetchOptions,
  FetchRequest,
  FindRequest,
  LiveStart,
  OpenRequest
} from './client/fetch-options.ts'
export type { Found } from './client/followed-directors.ts'
export { ContentClosedError, type OpenedContent, type ReadRequest } from './client/opened-content.ts'
export { type FileOutputOptions, openFileOutput, openStdoutOutput } from './client/output/open-output.ts'
export type { Output } from './client/output/output.ts'
export type { RelayWishes } from './client/path-offers.ts'
export type { RoutePath } from './client/route-table.ts'
export type { ShownRoute } from './client/session-steering.ts'
export type { AccessRule, AccessRules } from './director/access.ts'
export { Director, type DirectorOptions } from './director/director.ts'
export type { DirectorEvent } from './director/director-event.ts'
export { DIRECTOR_LIMITS, type DirectorLimits } from './director/limits.ts'
export type { RoutesQuestion, RoutesView } from './director/routes-view.ts'
export type { DirectorView, LinkView, NodeView, WatchView } from './director/view.ts'
export { queryRoutes, type RouteAnswer, type RouteQuestion } from './discovery/director-client.ts'
export { DirectorSession, type DirectorSessionOptions } from './discovery/director-session.ts'
export { watchRoutes } from './discovery/route-watch.ts'
export { AnabranchError, ConfigurationError, ExitCode, UsageError, WireStatus } from './errors.ts'
export { Pattern } from './pattern/pattern.ts'
export { Schedule } from './pattern/schedule.ts'
export type { Decision, Planner, PlannerEvent, PlannerInit, RouteEstimate } from './planner/planner.ts'
export { createPlanner, DEFAULT_POLICY, POLICY_NAMES } from './planner/policies/index.ts'
export type { ContentRecord } from './protocol/content-record.ts'
export { Extent, extentOf } from './protocol/extent.ts'
export { type Receipt, readReceipt, verifyReceipt } from './protocol/receipt.ts'
export { type AccountsOptions, RelayAccounts } from './relay/accounts.ts'
export type { AdmissionPolicy } from './relay/admission.ts'
export { RELAY_LIMITS, type RelayLimits } from './relay/limits.ts'
export { Relay, type RelayEvent, type RelayOptions, type RelayStats } from './relay/relay.ts'
export type { UsageLedger } from './relay/usage-ledger.ts'
export { Catalog, type CatalogEvents, type CatalogOptions } from './source/catalog.ts'
export {
  ContentChangedError,
  ContentNotReadyError,
  ContentReadError,
  UnknownContentError
} from './source/content-errors.ts'
export type {
  ContentItem,
  ContentStore,
  GroupHashes,
  LiveView,
  SegmentReader
} from './source/content-store.ts'
export { SOURCE_LIMITS, type SourceLimits } from './source/limits.ts'
export { LiveStore, type LiveStoreOptions } from './source/live-store.ts'
export { Source, type SourceEvent, type SourceOptions } from './source/source.ts'
export { loadOrCreateIdentity } from './transport/identity.ts'
export { createNode, type NodeOptions, type OverlayNode } from './transport/node.ts'
export { parsePeerAddress, peerIdOf } from './transport/peer-address.ts'
export { type ProxyServer, parseProxyServer } from './transport/proxy-server.ts'
export { OutboundProxy } from './transport/tcp/outbound-proxy.ts'
export { type CertificateFiles, ServerCertificate } from './transport/tcp/server-certificate.ts'
export type { UplinkChange } from './transport/uplink-change.ts'
export type { UplinkOptions } from './transport/uplinks.ts'
