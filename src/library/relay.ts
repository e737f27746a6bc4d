import { RELAY_LIMITS } from '../relay/limits.ts'
import { type RelayEvent, Relay as RelayRole, type RelayStats } from '../relay/relay.ts'
import { RelayLoad } from '../relay/relay-load.ts'
import { createNode } from '../transport/node.ts'
import { type MemberSettings, registrationOf } from './member.ts'
import { nodeAddresses, useHome } from './node-settings.ts'
import { type Running, RunningNode, running, started } from './running-node.ts'

export interface RelaySettings extends MemberSettings {
  /** Most bytes a second that are forwarded towards clients in all. Default: no limit. */
  maxRateBytesPerSecond?: number
  /** Most routes at once. Default: that of RELAY_LIMITS. */
  maxSessions?: number
  onEvent?(event: RelayEvent): void
}

/** A relay that runs: it forwards routes within its limits. */
export class Relay extends RunningNode {
  readonly #role: RelayRole

  private constructor(role: RelayRole, running: Running) {
    super(running)
    this.#role = role
  }

  /** What the relay has done since its start. */
  get stats(): RelayStats {
    return this.#role.stats
  }

  /**
   * Starts a relay. Resolves once a director would lead clients over it. Routes may lead to nodes that a director has named, or
   * where there is none to what the asker could dial itself.
   * Throws UsageError for what is no address, ListenError, HomeBusyError, ConfigurationError, and the last problem where no
   * director knows the relay in time.
   */
  static async start(settings: RelaySettings = {}): Promise<Relay> {
    return await started(async (onStop, stops) => {
      const {
        directors = [],
        maxRateBytesPerSecond,
        maxSessions = RELAY_LIMITS.maxSessions,
        onEvent
      } = settings
      const addresses = nodeAddresses(settings)
      const { privateKey, close } = await useHome(settings.home)
      onStop(close)
      const node = await createNode({
        ...addresses,
        privateKey,
        isNamed: peerId => session.isNeighbor(peerId)
      })
      onStop(() => node.stop())
      const role = new RelayRole({
        node,
        limits: {
          maxSessions,
          nextHops: directors.length > 0 ? 'known' : 'world',
          ...(maxRateBytesPerSecond === undefined ? {} : { maxRateBytesPerSecond })
        },
        addressesOf: peerId => session.addressesOf(peerId),
        onAttached: peerIds => session.setAttached(peerIds),
        ...(onEvent && { onEvent })
      })
      const load = new RelayLoad()
      const { session, start } = registrationOf(node, settings, {
        role: 'relay',
        load: () => load.of(role.stats, role.limits, performance.now()),
        ...(maxRateBytesPerSecond === undefined ? {} : { capacityBytesPerSecond: maxRateBytesPerSecond })
      })
      onStop(() => session.stop())
      await role.start()
      onStop(() => role.stop())
      onStop(() => session.setDraining(true))
      await start()
      return new Relay(role, running(node, stops))
    })
  }
}

/** Starts a relay; see Relay.start. */
export const startRelay = Relay.start
