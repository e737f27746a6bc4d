/**
 * What programs that use anabranch as a library may rely on. Programs that bring a node, a store or a planner of their own
 * find the roles as classes in `anabranch-overlay/roles`; all else is internal.
 */

export { FetchControl, type FetchSnapshot, type ShownContent } from './client/fetch-control.ts'
export type { FetchEvent, FetchSummary, PublicRouteState, RouteProgress } from './client/fetch-events.ts'
export type { LiveStart } from './client/fetch-options.ts'
export type { ShownRoute } from './client/session-steering.ts'
export type { AccessRule, AccessRules } from './director/access.ts'
export type { DirectorEvent } from './director/director-event.ts'
export type { DirectorView, LinkView, NodeView, WatchView } from './director/view.ts'
export {
  Client,
  type ClientSettings,
  type FetchSettings,
  type FileSettings,
  type FindSettings,
  type ListedContent
} from './library/client.ts'
export type { BytesWanted, Content } from './library/content.ts'
export type { ContentInfo } from './library/content-info.ts'
export { Director, type DirectorSettings, startDirector } from './library/director.ts'
export * from './library/errors.ts'
export type { MemberSettings } from './library/member.ts'
export type { NodeSettings } from './library/node-settings.ts'
export { Relay, type RelaySettings, startRelay } from './library/relay.ts'
export type { RunningNode } from './library/running-node.ts'
export { Source, type SourceSettings, startSource } from './library/source.ts'
export type { RelayEvent, RelayStats } from './relay/relay.ts'
export type { SourceEvent } from './source/source.ts'
