import type { FetchOptions } from '../client/fetch-options.ts'
import { UsageError } from '../errors.ts'
import { parseBytes } from '../units/units.ts'
import type { Reporter } from './reporter.ts'
import { list, type Values } from './settings.ts'

/** The name that stands for every uplink. */
const ALL = 'all'

/** Settings that say by which uplinks and over which relays routes go. */
export const UPLINK_SETTINGS = {
  uplink: list({
    value: 'NAME',
    help: 'interface or IP address of this host that routes go by, or all; without it the system chooses',
    parse: parseName
  }),
  backup: list({
    value: 'NAME',
    help: 'uplink that carries something only while no other one can',
    parse: parseName
  }),
  cost: list({
    value: 'NAME=N,...',
    help: 'what a byte over an uplink costs, by that of others (1): dearer ones carry what cheaper ones cannot',
    parse: parseCosts
  }),
  cap: list({
    value: 'NAME=SIZE',
    help: 'most bytes, up and down together, that an uplink may carry, such as wwan0=2GB',
    parse: parseCap
  }),
  prefer: list({
    value: 'RELAY',
    help: 'peer id or label of relays whose routes come first',
    parse: text => text
  }),
  avoid: list({
    value: 'RELAY',
    help: 'peer id or label of relays that carry something only while no others can',
    parse: text => text
  }),
  via: list({
    value: 'RELAY',
    help: 'peer id or label of the only relays that routes may go over',
    parse: text => text
  })
}

type UplinkValues = Values<typeof UPLINK_SETTINGS>

/** The choice of uplinks and relays. Throws UsageError where the settings do not fit together. */
export function uplinkOptions(
  { uplink, backup, cost, cap, prefer, avoid, via, listen }: UplinkValues & { listen: string[] },
  reporter: Reporter
): Pick<FetchOptions, 'uplinks' | 'relays'> {
  const relays = { prefer, avoid, via }
  if (uplink.length === 0) {
    if (backup.length + cost.length + cap.length === 0) return { relays }
    throw new UsageError(
      '--backup, --cost and --cap are for uplinks: name all of these with --uplink, or give --uplink all'
    )
  }
  if (listen.length > 0)
    throw new UsageError('--listen does not go with --uplink: routes are dialled by uplinks')
  return {
    relays,
    uplinks: {
      use: uplink.includes(ALL) ? ALL : [...new Set(uplink)],
      backup,
      prices: Object.fromEntries(cost.flat()),
      capBytes: Object.fromEntries(cap),
      onProblem: message => reporter.tell({ event: 'problem', message }, message)
    }
  }
}

function parseName(text: string): string {
  if (/^[^\s/=]+$/.test(text)) return text
  throw new UsageError(`'${text}' is neither an interface such as eth0 nor an IP address`)
}

function parseCosts(text: string): [name: string, price: number][] {
  return text.split(',').map(part => {
    const [, name, price] = /^([^=]+)=(\d+(?:\.\d+)?)$/.exec(part) ?? []
    if (name === undefined || !(Number(price) > 0))
      throw new UsageError(`'${part}' is no cost; give a number above 0, such as wwan0=5`)
    return [parseName(name), Number(price)]
  })
}

function parseCap(text: string): [name: string, bytes: number] {
  const [, name, size] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (name === undefined) throw new UsageError(`'${text}' is no cap; give one such as wwan0=2GB`)
  return [parseName(name), parseBytes(size!)]
}
