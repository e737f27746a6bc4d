import { setTimeout as delay } from 'node:timers/promises'
import { runCommand } from '../command.ts'
import type { Emulation } from '../emulation.ts'
import { type NodeProcess, NodeProcessError } from '../node-process.ts'

const START_TIMEOUT_MS = 10_000

/** Lets a node forward packets, or not: one that is killed does not. */
export async function setForwarding(emulation: Emulation, node: string, forwards: boolean): Promise<void> {
  const value = forwards ? 1 : 0
  await runCommand(emulation.inNode(node, ['sysctl', '-q', '-w', `net.ipv4.ip_forward=${value}`]))
}

/** Waits until a program of the node listens at a port. Throws NodeProcessError where it does not. */
export async function listening(
  emulation: Emulation,
  node: string,
  process: NodeProcess,
  { protocol, port }: { protocol: 'tcp' | 'udp'; port: number }
): Promise<void> {
  const giveUpAtMs = performance.now() + START_TIMEOUT_MS
  const ss = ['ss', '-H', '-l', `--${protocol}`, '-n', `sport = :${port}`]
  while ((await runCommand(emulation.inNode(node, ss))) === '') {
    if (!process.running || performance.now() > giveUpAtMs) {
      throw new NodeProcessError(`${process.name} does not start: ${process.complaints}`)
    }
    await delay(10)
  }
}
