import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { runCommand, runIp } from '../../src/lab/command.ts'

/** Two hosts, each a network namespace, in one private network: they hear each other's multicasts. */
export class LocalNetwork {
  readonly #id = `local-${randomBytes(3).toString('hex')}`

  /** Ends with the test that makes it. */
  static async create(): Promise<LocalNetwork> {
    const network = new LocalNetwork()
    onTestFinished(() => network.#remove())
    const [first, second] = [0, 1].map(host => network.#namespaceOf(host)) as [string, string]
    for (const namespace of [first, second]) await runCommand(['ip', 'netns', 'add', namespace])
    await runIp(first, [`link add lan0 type veth peer name lan0 netns ${second}`])
    for (const [at, namespace] of [first, second].entries()) {
      const address = `addr add 10.77.0.${at + 1}/24 dev lan0`
      await runIp(namespace, [
        'link set lo up',
        'link set lan0 up',
        address,
        'route add 224.0.0.0/4 dev lan0'
      ])
    }
    return network
  }

  /** What runs a program at a host. */
  at(host: 0 | 1): string[] {
    return ['ip', 'netns', 'exec', this.#namespaceOf(host)]
  }

  #namespaceOf(host: number): string {
    return `${this.#id}-${host}`
  }

  async #remove(): Promise<void> {
    for (const host of [0, 1])
      await runCommand(['ip', 'netns', 'delete', this.#namespaceOf(host)]).catch(() => {})
  }
}
