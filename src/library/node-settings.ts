import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAddress, parseAnnouncedAddress, parseListenAddress } from '../transport/address-text.ts'
import { takeHome } from '../transport/home.ts'
import { hasIpv6 } from '../transport/interfaces.ts'

/** What all nodes that others dial have in common. */
export interface NodeSettings {
  /**
   * Addresses to listen on, as `HOST:PORT` or multiaddrs of TCP; port 0 is any free one. Default: port 0 on all
   * interfaces.
   */
  listen?: readonly string[]
  /** Addresses to tell others instead of those listened on. Default: those that are true where the node runs. */
  announce?: readonly string[]
  /**
   * Directory that keeps the node's identity and caches from one run to the next; one process may use it at a time.
   * Default: a fresh identity, and a temporary directory that is removed at the end.
   */
  home?: string
}

/** A home in use: its path, its identity, and the end of its use. */
export type Home = Awaited<ReturnType<typeof useHome>>

/** Opens a home, or makes one for the time being. Throws HomeBusyError and ConfigurationError. */
export async function useHome(home: string | undefined) {
  const path = home ?? (await mkdtemp(join(tmpdir(), 'anabranch-')))
  const { privateKey, release } = await takeHome(path)
  const close = async (): Promise<void> => {
    release()
    if (home === undefined) await rm(path, { recursive: true, force: true })
  }
  return { path, privateKey, close }
}

/** The addresses of a node as multiaddrs. Throws UsageError for what is no address. */
export function nodeAddresses({ listen, announce = [] }: NodeSettings) {
  const everywhere = hasIpv6() ? ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0'] : ['/ip4/0.0.0.0/tcp/0']
  return {
    listen: listen?.map(parseListenAddress) ?? everywhere,
    announce: announce.map(parseAnnouncedAddress)
  }
}

/** The addresses of directors as multiaddrs. Throws UsageError for what is no address. */
export function directorAddresses(directors: readonly string[] = []): string[] {
  return directors.map(parseAddress)
}
