import { spawnSync } from 'node:child_process'
import { tcp } from '@libp2p/tcp'
import { type Libp2pNode, makeNode } from '../../src/transport/make-node.ts'
import { NODE_JS } from '../../src/transport/node.ts'

/** Says to a run that it is in its own network already. */
const INSIDE = 'BENCH_HOSTILE_INSIDE'
/** All of this network are addresses of this machine, in a namespace of the benchmark's own. */
const NETWORK = '10.66.0.0/16'
/** Where the honest nodes are. */
export const HONEST = '10.66.0.1'
/** Hosts that an attacker has at most. */
const HOSTILE_HOSTS = 16_000

/**
 * Runs the program that calls this again in a network namespace of its own, in which hosts are told
 * apart as in the internet, and ends with it. Returns in the run inside. Needs root.
 */
export function enterOwnNetwork(): void {
  if (process.env[INSIDE]) return
  const address = `${HONEST}/${NETWORK.split('/')[1]}`
  const { status } = spawnSync(
    'unshare',
    [
      ...['--net', '--kill-child', 'sh', '-c'],
      `ip link set lo up && ip address add ${address} dev lo && exec "$@"`,
      ...['sh', process.execPath, ...process.execArgv, ...process.argv.slice(1)]
    ],
    { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } }
  )
  process.exit(status ?? 1)
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
  return await makeNode({ listen: [] }, { ...NODE_JS, transports: [from] })
}
