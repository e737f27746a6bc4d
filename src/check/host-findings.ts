import { formatBytes } from '../units/units.ts'
import type { Finding, HostFacts } from './facts.ts'
import { CHECK_LIMITS } from './limits.ts'

/** What a host is used for, and how much has to be under way on its fastest route, in bytes, where that is known. */
export interface HostUse {
  role: 'client' | 'relay' | 'source'
  underWayBytes?: number
}

/** Which settings of this host are in the way of its use. Pure. */
export function hostFindings(host: HostFacts, use: HostUse): Finding[] {
  return [
    ...openFilesOf(host, use),
    ...(use.role === 'client' ? [] : sendingOf(host)),
    ...buffersOf(host, use)
  ]
}

function openFilesOf({ openFiles = Number.POSITIVE_INFINITY }: HostFacts, { role }: HostUse): Finding[] {
  const { clientOpenFiles, memberOpenFiles } = CHECK_LIMITS
  if (openFiles >= (role === 'client' ? clientOpenFiles : memberOpenFiles)) return []
  return [
    {
      kind: 'openFiles',
      severity: 'warning',
      what: `this program may have ${openFiles} files open, connections included`,
      remedy: 'raise the limit: `ulimit -n 65536`, or LimitNOFILE=65536 in its systemd unit'
    }
  ]
}

/** Settings of those who send much: a client does not. */
function sendingOf({ slowStartAfterIdle, congestionControl }: HostFacts): Finding[] {
  const findings: Finding[] = []
  if (slowStartAfterIdle === true) {
    findings.push({
      kind: 'slowStart',
      severity: 'hint',
      what: 'a connection that rests for a moment starts slow again',
      remedy: 'sysctl net.ipv4.tcp_slow_start_after_idle=0'
    })
  }
  if (congestionControl !== undefined && !congestionControl.startsWith('bbr')) {
    findings.push({
      kind: 'congestionControl',
      severity: 'hint',
      what: `${congestionControl} takes losses for congestion, also those of a radio link`,
      remedy:
        'on links that lose packets: sysctl net.ipv4.tcp_congestion_control=bbr, after `modprobe tcp_bbr`'
    })
  }
  return findings
}

function buffersOf(
  { receiveBufferBytes, sendBufferBytes }: HostFacts,
  { role, underWayBytes = 0 }: HostUse
): Finding[] {
  const buffers = [
    { key: 'tcp_rmem', bytes: receiveBufferBytes, isUsed: role !== 'source' },
    { key: 'tcp_wmem', bytes: sendBufferBytes, isUsed: role !== 'client' }
  ]
  return buffers
    .filter(({ bytes, isUsed }) => isUsed && bytes !== undefined && bytes < underWayBytes)
    .map(({ key, bytes }) => ({
      kind: 'socketBuffers',
      severity: 'warning' as const,
      what:
        `sockets hold ${formatBytes(bytes!)} at most, and the fastest route needs ${formatBytes(underWayBytes)} ` +
        'under way: its rate times its round trip',
      remedy: `set the maximum (third number) of sysctl net.ipv4.${key} above that`
    }))
}
