import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** First number of the routing tables that are proposed; the interface's index is added. */
const FIRST_TABLE = 1000
/** Where `ip` may be that is not in the path of every user. */
const MORE_PATH = '/usr/sbin:/sbin'
const LOOPBACK = 'lo'

/** A connection that is to go out by an interface. */
export interface BoundConnection {
  device: string
  from: string
  to: string
}

/** What the system's routing makes of it: the interface that packets leave by; undefined where they go nowhere. */
interface Routing {
  leavesBy: string | undefined
}

/** What is known of an interface for advice on routing. */
interface DeviceFacts {
  index: number
  /** The next hop of a default route over the interface; undefined where none is known. */
  gateway: string | undefined
  /** Whether there is a default route over it, with a next hop or without. */
  hasDefault: boolean
}

/**
 * Finds out whether packets of a connection leave by the interface that its local address belongs
 * to: an address alone does not say so, the system's rules do. Returns the problem in words, with
 * the commands that end it; undefined where there is none, or where the system has no `ip`.
 */
export async function routingProblem(connection: BoundConnection): Promise<string | undefined> {
  const { from, to, device } = connection
  const routing = await routingOf(['route', 'get', to, 'from', from])
  if (!routing || routing.leavesBy === device || routing.leavesBy === LOOPBACK) return undefined
  return problemText(connection, routing, await factsOf(connection))
}

/** The problem in words. Pure. */
export function problemText(
  { device, from }: BoundConnection,
  { leavesBy }: Routing,
  { index, gateway, hasDefault }: DeviceFacts
): string {
  const table = FIRST_TABLE + index
  const ip = from.includes(':') ? 'ip -6' : 'ip'
  const via = gateway ? ` via ${gateway}` : hasDefault ? '' : ' via GATEWAY'
  const hint = gateway || hasDefault ? '' : `, where GATEWAY is the router of ${device}'s network`
  const fault =
    leavesBy === undefined
      ? `nothing that comes from ${from} gets out`
      : `what comes from ${from} leaves by ${leavesBy} and not by ${device}`
  return `${fault}; run as root: ${ip} route replace default${via} dev ${device} table ${table} && ${ip} rule add from ${from} lookup ${table}${hint}`
}

/** Reads what `ip -json route get` has written. Pure. */
export function readRouting(json: string): Routing | undefined {
  const [route] = parsed(json)
  return typeof route?.dev === 'string' ? { leavesBy: route.dev } : undefined
}

/** Undefined where the system's word cannot be had or understood. */
async function routingOf(args: string[]): Promise<Routing | undefined> {
  try {
    return readRouting(await runIp(args))
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    return /RTNETLINK answers/.test(stderr) ? { leavesBy: undefined } : undefined
  }
}

async function factsOf({ device, from }: BoundConnection): Promise<DeviceFacts> {
  const family = from.includes(':') ? '-6' : '-4'
  const ask = async (args: string[]) => parsed(await runIp(args).catch(() => '[]'))
  const [link] = await ask(['link', 'show', 'dev', device])
  const [route] = await ask([family, 'route', 'show', 'default', 'dev', device])
  return {
    index: typeof link?.ifindex === 'number' ? link.ifindex : 0,
    gateway: typeof route?.gateway === 'string' ? route.gateway : undefined,
    hasDefault: route !== undefined
  }
}

async function runIp(args: string[]): Promise<string> {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:${MORE_PATH}` }
  const { stdout } = await promisify(execFile)('ip', ['-json', ...args], { env })
  return stdout
}

/** The objects of a list in JSON; none where the text is anything else. */
function parsed(json: string): Record<string, unknown>[] {
  try {
    const list: unknown = JSON.parse(json)
    return Array.isArray(list) ? list : []
  } catch {
    return []
  }
}
