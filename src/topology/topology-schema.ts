import { z } from 'zod'
import { FAIR_MODES } from '../planner/planner.ts'
import { POLICY_NAMES } from '../planner/policies/names.ts'
import { parseRange } from '../units/byte-range.ts'
import { parseBytes, parseDuration, parsePercent, parseRate } from '../units/units.ts'
import { TRACE_STEP_MS } from './trace.ts'

/** Schema of a quantity: text with its unit, turned into a number. */
function quantity(pattern: RegExp, wanted: string, parse: (text: string) => number) {
  const message = `must be ${wanted}; the unit is required`
  return z
    .string({ error: message })
    .regex(pattern, message)
    .transform((text, context) => parsedOr(() => parse(text), message, context))
}

/** What `parse` gives, or a fault of the value where it throws: a number may be too large. */
function parsedOr<T>(parse: () => T, message: string, context: z.core.$RefinementCtx): T {
  try {
    return parse()
  } catch {
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  }
}

const rate = quantity(/^\d+(\.\d+)?\s*(bit|kbit|mbit|gbit)$/, 'a rate such as 40mbit', parseRate).refine(
  bytesPerSecond => bytesPerSecond >= 1000,
  'must be 8kbit or more; to cut a link use an event with down: true'
)
const duration = quantity(/^\d+(\.\d+)?\s*(us|ms|s|m)$/, 'a time such as 50ms', parseDuration)
const size = quantity(/^\d+(\.\d+)?\s*(B|kB|MB|GB|KiB|MiB|GiB)$/, 'a size such as 100MB', parseBytes)
const range = z
  .string()
  .transform((text, context) =>
    parsedOr(() => parseRange(text), 'must be a range such as 500MB-501MB, 500MB- or -500MB', context)
  )
const percent = quantity(/^\d+(\.\d+)?\s*%$/, 'a percentage such as 0.1%', parsePercent).refine(
  share => share <= 1,
  'must be 100% or less'
)
/** Quantities with their units, as designs of experiments have them, too. */
export const quantities = { rate, duration, size, percent }
const queue = z
  .int()
  .min(1)
  .max(1_000_000)
  .describe('packets of 1514 bytes that the link holds in its drop-tail queue')
const nodeName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be 1 to 31 lower-case letters, digits and dashes, a letter first')
const repetitions = { every: duration.describe('repeat the event after each such time').optional() }

const traceOffset = duration.refine(
  ms => ms % TRACE_STEP_MS === 0,
  `must be whole steps of ${TRACE_STEP_MS}ms`
)
const traceFile = z.string().min(1)
export const traceColumns = z
  .strictObject({
    time: z.string().describe('time in s; default seconds').optional(),
    rate: z.string().describe('rate in Mbit/s; default mbit').optional(),
    delay: z.string().describe('one-way delay in ms; default delay_ms').optional(),
    loss: z.string().describe('loss in percent; default loss_percent').optional()
  })
  .describe('CSV: names of its columns, by what they hold; all others are ignored')
const trace = z.union([
  traceFile.transform(file => ({ file })),
  z.strictObject({
    file: traceFile.describe('the file, relative to this one'),
    offset: traceOffset.describe("time of the trace at the client's start; default 0s").optional(),
    scale: z.number().positive().max(1000).describe('multiplies the rates; default 1').optional(),
    loop: z
      .literal(false)
      .describe('what the trace has last goes on after its end; default: it starts again')
      .optional(),
    columns: traceColumns.optional()
  })
])
const loss = z.union([
  percent,
  z.strictObject({
    toBad: percent.describe('probability that the good state ends after a packet'),
    toGood: percent
      .refine(share => share > 0, 'must be more than 0%, or all would be lost for ever')
      .describe('probability that the bad state ends after a packet'),
    inGood: percent.describe('loss in the good state; default 0%').optional(),
    inBad: percent.describe('loss in the bad state; default 100%').optional()
  })
])

const impairments = {
  rate: rate
    .describe('what the link carries, Ethernet frames counted whole; unset: as fast as the machine')
    .optional(),
  delay: duration.describe('one-way delay; default 0ms').optional(),
  jitter: duration.describe('delay varies by up to this; order is kept; default 0ms').optional(),
  loss: loss
    .describe('share of packets lost at random, or loss in bursts after Gilbert and Elliott; default 0%')
    .optional(),
  queue: queue.optional(),
  trace: trace
    .describe(
      'rate, delay or loss over time: a file, or a file with an offset and the like; mahimahi format, lines of seconds and Mbit/s, or CSV'
    )
    .optional()
}
const direction = z.strictObject(impairments)
const directions = {
  down: direction.describe('overrides from the first endpoint to the second').optional(),
  up: direction.describe('overrides from the second endpoint to the first').optional()
}
const endpoints = z.tuple([nodeName, nodeName])
const ip = z.union([z.ipv4(), z.ipv6()])
const address = z
  .string()
  .refine(text => ip.safeParse(text).success, 'must be an IPv4 or IPv6 address, without a prefix')
const addresses = z.union([address.transform(ip => [ip]), z.array(address).min(1)])

const node = z.strictObject({
  role: z
    .enum(['source', 'publish', 'relay', 'director', 'client', 'router'])
    .describe(
      'publish: a source whose content is made while it is fetched; router: forwards packets between its links and runs nothing; the overlay does not see it'
    ),
  rate: rate.describe('publish: how fast the content is made, evenly').optional(),
  maxRate: rate.describe('relays: the most that it forwards (--max-rate)').optional(),
  startAt: duration
    .describe(
      'relays and sources: starts this long after the first client, instead of before it; clients: begins so much later'
    )
    .optional(),
  serve: z
    .literal(true)
    .describe('clients: serves what it fetches until all clients are done (--serve)')
    .optional(),
  args: z.array(z.string()).describe('further flags of the role, as typed').optional(),
  address: z
    .union([addresses, z.record(nodeName, addresses)])
    .describe('address or list of them, or those of each link by the node that it leads to')
    .optional(),
  ip: z
    .union([z.literal(4), z.literal(6)])
    .describe('the node has addresses of this version of IP alone; default: of all that the network carries')
    .optional(),
  nat: z
    .strictObject({
      inside: z.array(nodeName).min(1).describe('nodes that share the address of this router'),
      kind: z.literal('masquerade').optional()
    })
    .describe('routers: nodes inside have private addresses, and nobody outside connects to them')
    .optional(),
  firewall: z
    .literal('inbound')
    .describe('drops connections that others open to this node, without an answer')
    .optional()
})

const link = z.strictObject({
  endpoints,
  ...impairments,
  ...directions,
  reorder: z.literal(true).describe('with jitter: it may bring packets out of order').optional(),
  mtu: z
    .int()
    .min(576)
    .max(1500)
    .describe('largest IP packet in bytes, Ethernet header not counted; default 1500')
    .optional(),
  icmp: z
    .literal(false)
    .describe('with mtu: neither end knows it, and larger packets vanish without an answer')
    .optional()
})

const linkEvent = z.strictObject({
  at: duration.describe("time since the client's start"),
  ...repetitions,
  link: endpoints,
  set: z.strictObject({ ...impairments, ...directions }).optional(),
  reset: z.literal(true).describe('back to what the link section says').optional(),
  down: z.literal(true).describe('a black hole: packets vanish silently, both ways').optional(),
  up: z.literal(true).describe('ends a black hole').optional()
})

const endEvent = z.strictObject({
  at: duration.describe("time since the client's start"),
  ...repetitions,
  node: nodeName,
  link: endpoints.describe('a link of this node'),
  interface: z
    .enum(['vanish', 'return'])
    .describe('the node loses its interface to the link, with address and routes, or has it back')
    .optional(),
  address: z
    .enum(['change', 'remove', 'restore'])
    .describe('the interface gets another address, or has none, or the first one again')
    .optional()
})

const nodeEvent = z.strictObject({
  at: duration.describe("time since the client's start"),
  ...repetitions,
  node: nodeName,
  action: z
    .enum(['kill', 'stop', 'start', 'suspend', 'resume', 'flush'])
    .describe('SIGKILL, SIGTERM, start again, SIGSTOP, SIGCONT; flush: the NAT forgets its connections')
})

const traffic = z.strictObject({
  kind: z
    .enum(['tcp', 'udp-cbr', 'web'])
    .describe(
      'tcp: one connection that sends all it can; udp-cbr: packets at a constant rate; web: short TCP transfers at random times'
    ),
  from: nodeName,
  to: nodeName.describe('a node that links and routers alone join with the first one'),
  rate: rate
    .describe('udp-cbr: Ethernet frames counted whole; web: what its transfers make on average')
    .optional(),
  at: duration.describe("start, since the client's start; default 0s").optional(),
  until: duration.describe('end, in the same time; default: when the clients are done').optional()
})

/** Schema of a bound, such as `">=0.95"`, with the parser of its unit. */
function bound(pattern: RegExp, wanted: string, parse: (text: string) => number) {
  return z
    .string({ error: `must be ${wanted}` })
    .regex(pattern, `must be ${wanted}`)
    .transform((text, context) => {
      const [, sign, value] = /^([<>]=)\s*(.*)$/.exec(text)!
      const limit = parsedOr(() => parse(value!), `must be ${wanted}`, context)
      return { sign: sign as '<=' | '>=', value: limit }
    })
}
const numberBound = bound(/^[<>]=\s*\d+(\.\d+)?$/, 'a bound such as ">=0.95"', Number)
const shareBound = bound(/^[<>]=\s*\d+(\.\d+)?\s*%$/, 'a bound such as "<=0.1%"', parsePercent)
const durationBound = bound(
  /^[<>]=\s*\d+(\.\d+)?\s*(us|ms|s|m)$/,
  'a bound such as "<=500ms"; the unit is required',
  parseDuration
)

const expectation = z.strictObject({
  efficiency: numberBound.describe('ideal time / time of the whole client command').optional(),
  longestStall: durationBound.describe('longest time without progress of the in-order output').optional(),
  completion: durationBound
    .describe('time of the whole client command; with several clients until the last one is done')
    .optional(),
  fairness: numberBound.describe("several clients: Jain's index of their mean rates, 1 at most").optional(),
  slowdown: numberBound
    .describe('several clients: greatest time of a client / its ideal time with no other client')
    .optional(),
  trafficShare: numberBound
    .describe('least goodput of a tcp traffic / what its way carries beside all udp-cbr')
    .optional(),
  wireOverhead: numberBound.describe('wire bytes / content bytes').optional(),
  routes: numberBound.describe('routes over which content came').optional(),
  content: z.literal('identical').optional(),
  startUp: durationBound.describe('play: time from the request until the player begins').optional(),
  rebuffers: numberBound
    .describe('play: how often the player stopped because it held nothing more')
    .optional(),
  skipped: shareBound.describe('live: share of the content that the client did without').optional(),
  delay: durationBound
    .describe('live: the 99.9th percentile of the time from when a byte was made until it was put out')
    .optional()
})

/** Schema of the whole file as written. Its `z.output` has every quantity as a number in base units. */
export const topologyFileSchema = z.strictObject({
  name: nodeName.describe('name of the lab'),
  description: z.string().optional(),
  repeat: z.int().min(1).max(1000).describe('how often it is measured (--repeat); default 1').optional(),
  congestion: z
    .enum(['bbr', 'cubic', 'reno'])
    .describe("TCP's congestion control in every node; default: the host's")
    .optional(),
  ipv6: z.literal(true).describe('the network carries IPv6 beside IPv4').optional(),
  topology: z.strictObject({
    nodes: z.record(nodeName, node),
    links: z.array(link).min(1)
  }),
  content: z.strictObject({
    size,
    segmentSize: size
      .refine(bytes => bytes >= 1024 && bytes <= 1024 ** 2, 'must be 1KiB to 1MiB')
      .describe('--segment-size of the source')
      .optional()
  }),
  client: z
    .strictObject({
      policy: z
        .enum(POLICY_NAMES)
        .describe('who decides which segment travels which route (--policy); default adaptive')
        .optional(),
      cutover: z
        .enum(['async', 'sync'])
        .describe('when a new pattern applies (--cutover); default async')
        .optional(),
      fair: z
        .enum(FAIR_MODES)
        .describe('what is taken of a bottleneck that others use, too (--fair); default each')
        .optional(),
      routes: z.int().min(1).max(26).optional(),
      direct: z
        .enum(['never', 'also', 'only'])
        .describe('whether routes may go straight to sources (--direct); default never')
        .optional(),
      range: range
        .describe('fetches these bytes of the content alone, such as 500MB-501MB (--range)')
        .optional(),
      serve: z.literal(true).describe('every client serves what it fetches (--serve)').optional(),
      latency: duration.describe('live: what is not here so long after it was made is left out').optional(),
      start: z
        .enum(['live', 'begin'])
        .describe('live: where in the content the client begins (--start); default live')
        .optional(),
      play: z
        .strictObject({
          rate: rate.describe('how fast the player plays the content'),
          buffer: duration.describe('playing time that the player holds at most, and needs to begin or go on')
        })
        .describe('plays the content through `client gateway`, instead of fetching it')
        .optional(),
      args: z
        .array(z.string())
        .describe('further flags of `client fetch`, or of `client gateway` with play, as typed')
        .optional()
    })
    .optional(),
  events: z.array(z.union([linkEvent, nodeEvent, endEvent])).optional(),
  traffic: z.array(traffic).describe('traffic of others in the same network').optional(),
  traces: z
    .strictObject({
      offset: traceOffset.describe("added to every trace's own offset").optional(),
      clock: z
        .literal('common')
        .describe(
          'the times of all traces are of one clock: they begin where all of them have begun, and start again where the first of them ends'
        )
        .optional()
    })
    .describe('holds for all traces of the file')
    .optional(),
  expect: expectation.optional()
})

export type TopologyFile = z.output<typeof topologyFileSchema>
/**
 * Schema of the settings of a link that can be changed by hand: no trace, whose file only the
 * topology's reader knows.
 */
export const linkSettingsSchema = direction.omit({ trace: true })

export type LinkSettings = z.output<typeof direction>
export type Expectation = z.output<typeof expectation>
export type Bound = { sign: '<=' | '>='; value: number }

/** JSON Schema of the topology file, for editors. */
export function topologyJsonSchema(): object {
  return {
    ...z.toJSONSchema(topologyFileSchema, { io: 'input' }),
    title: 'anabranch topology file'
  }
}
