import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { runCommand, runIp } from '../../src/lab/command.ts'

/** An uplink of the client: its device, its address and the router at its other end. */
export interface TestUplink {
  device: string
  ip: string
  router: string
  /** Number of the routing table by which packets from its address go. */
  table: number
}

export const ETH: TestUplink = { device: 'eth0', ip: '8.40.1.2', router: '8.40.1.1', table: 101 }
export const WWAN: TestUplink = { device: 'wwan0', ip: '8.50.1.2', router: '8.50.1.1', table: 102 }
const UPLINKS = [ETH, WWAN]

/**
 * A client's host with two uplinks, and the world behind both, each a network namespace. All is gone
 * when the test is over.
 */
export class UplinkNetwork {
  readonly #id = `uplinks-${randomBytes(3).toString('hex')}`

  /** Ends with the test that makes it. The world's hosts are the addresses `hosts` of one namespace. */
  static async create(hosts: readonly string[]): Promise<UplinkNetwork> {
    const network = new UplinkNetwork()
    onTestFinished(() => network.#remove())
    const { world, client } = network
    for (const name of [world, client]) await runCommand(['ip', 'netns', 'add', name])
    await runIp(world, ['link set lo up', ...hosts.map(ip => `addr add ${ip}/32 dev lo`)])
    await runIp(client, ['link set lo up'])
    for (const uplink of UPLINKS) {
      const { device, ip, router, table } = uplink
      await runIp(world, [
        `link add ${device} type veth peer name ${device} netns ${client}`,
        `link set ${device} up`,
        `addr add ${router}/24 dev ${device}`
      ])
      await runIp(client, [`addr add ${ip}/24 dev ${device}`, `rule add from ${ip} lookup ${table}`])
      await network.raise(uplink)
    }
    return network
  }

  get world(): string {
    return `${this.#id}-world`
  }

  get client(): string {
    return `${this.#id}-client`
  }

  /** What runs a program in a namespace. */
  in(namespace: string): { under: string[] } {
    return { under: ['ip', 'netns', 'exec', namespace] }
  }

  /** Takes an uplink down: its routes go with it. */
  async cut({ device }: TestUplink): Promise<void> {
    await runIp(this.client, [`link set ${device} down`])
  }

  /** Brings an uplink up, with its routes; the one of the client's other packets goes by ETH. */
  async raise({ device, router, table }: TestUplink): Promise<void> {
    await runIp(this.client, [
      `link set ${device} up`,
      `route replace default via ${router} dev ${device} table ${table}`,
      ...(device === ETH.device ? [`route replace default via ${router} dev ${device}`] : [])
    ])
  }

  /** Lets an uplink not reach a host. */
  async block({ table }: TestUplink, host: string): Promise<void> {
    await runIp(this.client, [`route add unreachable ${host}/32 table ${table}`])
  }

  /** Takes away what sends the packets from an uplink's address out by it. */
  async forgetRule({ ip }: TestUplink): Promise<void> {
    await runIp(this.client, [`rule del from ${ip}`])
  }

  /** Bytes that have come in by an uplink. */
  async receivedBytes({ device }: TestUplink): Promise<number> {
    const shown = await runCommand([
      ...['ip', '-n', this.client],
      ...['-json', '-stats', 'link', 'show', 'dev', device]
    ])
    return JSON.parse(shown)[0].stats64.rx.bytes
  }

  async #remove(): Promise<void> {
    for (const name of [this.world, this.client])
      await runCommand(['ip', 'netns', 'delete', name]).catch(() => {})
  }
}
