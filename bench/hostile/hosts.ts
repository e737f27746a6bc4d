import { tcp } from '@libp2p/tcp'
import { type Libp2pNode, makeNode } from '../../src/transport/make-node.ts'
import { nodeJs } from '../../src/transport/node.ts'
import { enterNamespace } from '../own-namespace.ts'

/** Where the honest nodes are; all of 10.66.0.0/16 are addresses of this machine, in a namespace of the benchmark's own. */
export const HONEST = '10.66.0.1'
/** Hosts that an attacker has at most. */
const HOSTILE_HOSTS = 16_000

/** Has this run in a network of its own, in which hosts are told apart as in the internet. Needs root. */
export function enterOwnNetwork(): void {
  enterNamespace('--net', `ip link set lo up && ip address add ${HONEST}/16 dev lo`)
}

/** The address of an attacker's host. */
export function hostileHost(index: number): string {
  const at = index % HOSTILE_HOSTS
  return `10.66.${64 + Math.floor(at / 250)}.${1 + (at % 250)}`
}

/** A node that dials from this host and listens nowhere. */
export async function nodeAt(host: string): Promise<Libp2pNode> {
  // The type of the options leaves out what node:net takes besides.
  const from = tcp({ dialOpts: { localAddress: host } as object })
  return await makeNode({ listen: [] }, { ...nodeJs(), transports: [from] })
}
