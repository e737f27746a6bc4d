import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { nameOf, type TopologyPath } from '../../topology/paths.ts'
import { runCommand } from '../command.ts'
import type { Emulation } from '../emulation.ts'
import { clientAddress, sourceAddress } from './route-addresses.ts'

/** Length of each measurement in seconds, after one second of start. */
const MEASURE_SECONDS = 4

/**
 * Goodput of one TCP connection over each path alone, in bytes a second, with the links in their
 * current state.
 */
export async function iperfPerRoute(emulation: Emulation, paths: TopologyPath[]): Promise<number[]> {
  const client = nameOf(emulation.topology, 'client')
  const rates: number[] = []
  for (const [route, { nodes }] of paths.entries()) {
    const [ip, ...rest] = emulation.inNode(client, [
      'iperf3',
      '-s',
      '-1',
      '--forceflush',
      '-B',
      clientAddress(route)
    ])
    const server = spawn(ip!, rest, { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
    const ended = once(server, 'close')
    await once(server.stdout, 'data')
    server.stdout.resume()
    const measure = [
      'iperf3',
      '-c',
      clientAddress(route),
      '-B',
      sourceAddress(route),
      '-J',
      '-O',
      '1',
      '-t',
      String(MEASURE_SECONDS)
    ]
    const json = await runCommand(emulation.inNode(nodes[0]!, measure))
    await ended
    rates.push(JSON.parse(json).end.sum_received.bits_per_second / 8)
  }
  return rates
}
