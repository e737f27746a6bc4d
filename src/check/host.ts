import { readFile } from 'node:fs/promises'
import type { HostFacts } from './facts.ts'

/** Reads what the system lets the program do. What it does not tell, as outside of Linux, is absent. */
export async function readHost(): Promise<HostFacts> {
  const [limits, congestion, slowStart, receive, send, processor] = await Promise.all(
    [
      '/proc/self/limits',
      '/proc/sys/net/ipv4/tcp_congestion_control',
      '/proc/sys/net/ipv4/tcp_slow_start_after_idle',
      '/proc/sys/net/ipv4/tcp_rmem',
      '/proc/sys/net/ipv4/tcp_wmem',
      '/proc/cpuinfo'
    ].map(async path => await readFile(path, 'utf8').catch(() => ''))
  )
  return hostOf({
    limits: limits!,
    congestion: congestion!,
    slowStart: slowStart!,
    receive: receive!,
    send: send!,
    processor: processor!
  })
}

interface HostTexts {
  limits: string
  congestion: string
  slowStart: string
  receive: string
  send: string
  processor: string
}

function hostOf({ limits, congestion, slowStart, receive, send, processor }: HostTexts): HostFacts {
  const openFiles = /^Max open files\s+(\d+)/m.exec(limits)?.[1]
  const features = /^(?:flags|Features)\s*:(.*)$/m.exec(processor)?.[1]
  return {
    ...numberAs('openFiles', openFiles),
    ...(congestion === '' ? {} : { congestionControl: congestion.trim() }),
    ...(slowStart === '' ? {} : { slowStartAfterIdle: slowStart.trim() !== '0' }),
    ...numberAs('receiveBufferBytes', receive.trim().split(/\s+/)[2]),
    ...numberAs('sendBufferBytes', send.trim().split(/\s+/)[2]),
    ...(features === undefined ? {} : { aes: /\baes\b/.test(features) })
  }
}

function numberAs<K extends keyof HostFacts>(key: K, text: string | undefined): { [P in K]?: number } {
  return text === undefined ? {} : ({ [key]: Number(text) } as { [P in K]?: number })
}
