import type { AccessRules } from '../director/access.ts'
import { Director as DirectorRole } from '../director/director.ts'
import type { DirectorEvent } from '../director/director-event.ts'
import type { DirectorView } from '../director/view.ts'
import { createNode } from '../transport/node.ts'
import { type NodeSettings, nodeAddresses, useHome } from './node-settings.ts'
import { type Running, RunningNode, running, started } from './running-node.ts'

export interface DirectorSettings extends NodeSettings {
  /** Who may register and ask. Default: everybody. */
  access?: AccessRules
  onEvent?(event: DirectorEvent): void
}

/** A director that runs: it knows who holds what, and over which relays routes lead there. */
export class Director extends RunningNode {
  readonly #role: DirectorRole

  private constructor(role: DirectorRole, running: Running) {
    super(running)
    this.#role = role
  }

  /** What the director knows now, as plain data. */
  view(): DirectorView {
    return this.#role.view()
  }

  /**
   * Starts a director. Resolves once it answers. Throws UsageError for what is no address, ListenError, HomeBusyError and
   * ConfigurationError.
   */
  static async start(settings: DirectorSettings = {}): Promise<Director> {
    return await started(async (onStop, stops) => {
      const { access, onEvent } = settings
      const addresses = nodeAddresses(settings)
      const { privateKey, close } = await useHome(settings.home)
      onStop(close)
      const node = await createNode({ ...addresses, privateKey })
      onStop(() => node.stop())
      const role = new DirectorRole({
        node,
        privateKey,
        ...(access && { access }),
        ...(onEvent && { onEvent })
      })
      onStop(() => role.stop())
      await role.start()
      return new Director(role, running(node, stops))
    })
  }
}

/** Starts a director; see Director.start. */
export const startDirector = Director.start
