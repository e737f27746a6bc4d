import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { runCommand, runIp, runShell } from '../../src/lab/command.ts'
import type { WhenOver } from './harness.ts'

export interface PublicHost {
  name: string
  /** Public IPv4 address, in a network of its own; with `nat` a private one. */
  ip4: string
  /**
   * The public IPv4 address that the router puts in place of the host's own in what it sends. With
   * `isForwarded` what is sent there reaches the host, too.
   */
  nat?: { ip4: string; isForwarded: boolean }
  /** Public IPv6 address; absent where IPv6 is turned off. */
  ip6?: string
}

/**
 * Hosts with public addresses, each a network namespace, behind a router that is another. Each has a `docker0` with the
 * address that Docker gives it everywhere. They reach one another and nothing else; all is gone when the test is over.
 */
export class PublicNetwork {
  readonly #id = `public-${randomBytes(3).toString('hex')}`
  readonly #hosts: readonly PublicHost[]

  private constructor(hosts: readonly PublicHost[]) {
    this.#hosts = hosts
  }

  /** Ends with the test that makes it, unless `whenOver` is of others. */
  static async create(
    hosts: readonly PublicHost[],
    whenOver: WhenOver = onTestFinished
  ): Promise<PublicNetwork> {
    const network = new PublicNetwork(hosts)
    whenOver(() => network.#remove())
    await network.#addNamespace('router')
    await runShell(network.#namespaceOf('router'), [
      'sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1'
    ])
    for (const host of hosts) await network.#addHost(host)
    return network
  }

  /** What runs a program at a host. */
  at(host: PublicHost): string[] {
    return ['ip', 'netns', 'exec', this.#namespaceOf(host.name)]
  }

  /** Carries out commands of `ip` at a host. */
  async change(host: PublicHost, commands: string[]): Promise<void> {
    await runIp(this.#namespaceOf(host.name), commands)
  }

  /**
   * Loses without a word what belongs to connections that stand now over this host's link, as a NAT does that has
   * forgotten them. New ones pass.
   */
  async forgetConnections(host: PublicHost): Promise<void> {
    const output = await runCommand([...this.at(host), 'ss', '-Htn', 'state', 'established'])
    const pairs = output
      .trim()
      .split('\n')
      .map(line => line.trim().split(/\s+/).slice(2, 4))
    const rules = pairs.map(([local, remote]) => {
      const [, localPort, remotePort] = [local, local, remote].map(end => end!.split(':').at(-1))
      const toHost = `ip daddr ${host.ip4} tcp dport ${localPort} tcp sport ${remotePort} drop`
      const fromHost = `ip saddr ${host.ip4} tcp sport ${localPort} tcp dport ${remotePort} drop`
      return `nft add rule ip lost forward ${toHost}; nft add rule ip lost forward ${fromHost}`
    })
    await runShell(this.#namespaceOf('router'), [
      'nft add table ip lost',
      "nft add chain ip lost forward '{ type filter hook forward priority 0; }'",
      ...rules
    ])
  }

  /** Joins two hosts by a private network of their own. */
  async join(a: { host: PublicHost; ip4: string }, b: { host: PublicHost; ip4: string }): Promise<void> {
    const [first, second] = [a, b].map(({ host }) => this.#namespaceOf(host.name)) as [string, string]
    await runIp(first, [`link add lan0 type veth peer name lan0 netns ${second}`])
    for (const { host, ip4 } of [a, b])
      await runIp(this.#namespaceOf(host.name), ['link set lan0 up', `addr add ${ip4}/24 dev lan0`])
  }

  /** The host has another public IPv4 address, in a network of its own, from now on. */
  async move({ name, ip4 }: PublicHost, to: string): Promise<void> {
    await runIp(this.#namespaceOf('router'), [`addr add ${gatewayOf(to)}/24 dev ${name}`])
    await runIp(this.#namespaceOf(name), [
      `addr del ${ip4}/24 dev eth0`,
      `addr add ${to}/24 dev eth0`,
      `route add default via ${gatewayOf(to)}`
    ])
  }

  /** Begins to count the connections that a host begins to addresses of these IPv4 or IPv6 blocks. */
  async countDials({ name }: PublicHost, blocks: string[]): Promise<() => Promise<number>> {
    const nft = ['ip', 'netns', 'exec', this.#namespaceOf(name), 'nft']
    const rules = blocks.map(block => {
      const family = block.includes(':') ? 'ip6' : 'ip'
      return `${family} daddr ${block} tcp flags & (syn | ack) == syn counter`
    })
    const hook = 'type filter hook output priority 0'
    await runCommand([...nft, `table inet dials { chain output { ${[hook, ...rules].join('; ')}; }; }`])
    return async () => {
      const counted = await runCommand([...nft, 'list', 'table', 'inet', 'dials'])
      const counts = [...counted.matchAll(/counter packets (\d+)/g)].map(([, packets]) => Number(packets))
      return counts.reduce((sum, packets) => sum + packets, 0)
    }
  }

  async #addHost({ name, ip4, ip6, nat }: PublicHost): Promise<void> {
    const namespace = this.#namespaceOf(name)
    await this.#addNamespace(name)
    if (!ip6) await runShell(namespace, ['sysctl -q -w net.ipv6.conf.all.disable_ipv6=1'])
    await runIp(this.#namespaceOf('router'), [
      `link add ${name} type veth peer name eth0 netns ${namespace}`,
      `link set ${name} up`,
      `addr add ${gatewayOf(ip4)}/24 dev ${name}`,
      ...(ip6 ? [`addr add ${gatewayOf(ip6)}/64 dev ${name} nodad`] : [])
    ])
    await runIp(namespace, [
      'link set lo up',
      'link set eth0 up',
      `addr add ${ip4}/24 dev eth0`,
      `route add default via ${gatewayOf(ip4)}`,
      ...(ip6 ? [`addr add ${ip6}/64 dev eth0 nodad`, `route add default via ${gatewayOf(ip6)}`] : []),
      'link add docker0 type veth peer name veth0',
      'link set veth0 up',
      'link set docker0 up',
      'addr add 172.17.0.1/16 dev docker0'
    ])
    if (nat) await this.#translate(ip4, nat)
  }

  async #translate(ip4: string, nat: NonNullable<PublicHost['nat']>): Promise<void> {
    await runCommand([
      ...['ip', 'netns', 'exec', this.#namespaceOf('router'), 'nft'],
      `table ip nat {
        chain prerouting {
          type nat hook prerouting priority -100
          ${nat.isForwarded ? `ip daddr ${nat.ip4} dnat to ${ip4}` : ''}
        }
        chain postrouting {
          type nat hook postrouting priority 100
          ip saddr ${ip4} snat to ${nat.ip4}
        }
      }`
    ])
  }

  async #addNamespace(name: string): Promise<void> {
    await runCommand(['ip', 'netns', 'add', this.#namespaceOf(name)])
  }

  #namespaceOf(name: string): string {
    return `${this.#id}-${name}`
  }

  async #remove(): Promise<void> {
    for (const name of ['router', ...this.#hosts.map(host => host.name)]) {
      await runCommand(['ip', 'netns', 'delete', this.#namespaceOf(name)]).catch(() => {})
    }
  }
}

/** The first address of the network that an address is in. */
function gatewayOf(ip: string): string {
  return ip.replace(/\d+$/, '1')
}
