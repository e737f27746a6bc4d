import fc from 'fast-check'
import { Activity } from '../../src/gateway/activity.ts'
import { Gateway } from '../../src/gateway/gateway.ts'
import { GATEWAY_LIMITS } from '../../src/gateway/limits.ts'
import { rangesOf } from '../../src/gateway/ranges.ts'
import { RangeRefusedError, RequestTargetError, UnknownPathError } from '../../src/gateway/refusals.ts'
import { type GatewayTarget, parseGatewayTarget, pathTo } from '../../src/gateway/target.ts'
import { splitTarget } from '../../src/http/request-target.ts'
import { CONFORMANCE } from '../gateway/conformance-table.ts'
import { MemoryContents } from '../gateway/memory-contents.ts'
import { exchange } from '../gateway/raw-request.ts'
import { textsLike, wildNumbers } from './inputs.ts'
import { law, must, resultOf } from './law.ts'

const TARGETS = [
  '/a/b%20c.mkv?download=1',
  `/id/${'ab'.repeat(32)}`,
  '/.anabranch/name/id/x',
  'http://h/a',
  '/a/'
]
const TARGET_WORDS = [
  '/',
  '%',
  '%2e',
  '%2F',
  '%00',
  '%C3',
  '?',
  '?filename=',
  '&latency=1s',
  'http://',
  '//',
  '*'
]
const RANGES = ['bytes=0-', 'bytes=-5', 'bytes=0-9,20-29,5-', 'items=0-1']
const RANGE_WORDS = ['bytes=', '-', ',', ', ', '0', '9', '9007199254740993', '-1', '='].concat(
  '0-0,'.repeat(40)
)
const REQUESTS = CONFORMANCE.map(
  ({ request }) => `${request.replaceAll('\n', '\r\n')}\r\nHost: localhost\r\n\r\n`
)
const REQUEST_WORDS = [
  '\r\n',
  '\n',
  ' ',
  ':',
  'Range: ',
  'If-Match: ',
  'HEAD ',
  'HTTP/1.1',
  '\0',
  '\r\n\r\n',
  '%'
]

/** The laws of what a gateway reads: paths, ranges and whole requests. */
export const GATEWAY_LAWS = [
  law('gateway-target', 3_000, textsLike(TARGETS, TARGET_WORDS), text => {
    const target = resultOf(
      () => parseGatewayTarget(splitTarget(text)),
      [RequestTargetError, UnknownPathError]
    )
    const name = target && nameIn(target)
    if (!name) return
    must(nameIn(parseGatewayTarget(splitTarget(pathTo(name)))) === name, 'the path to a name leads elsewhere')
  }),
  law('gateway-ranges', 3_000, fc.tuple(textsLike(RANGES, RANGE_WORDS), wildNumbers), ([header, size]) => {
    const ranges = resultOf(() => rangesOf(header, size), [RangeRefusedError]) ?? []
    must(ranges.length <= GATEWAY_LIMITS.maxRanges, 'there are too many ranges')
    must(
      ranges.every(({ start, end }) => 0 <= start && start < end && end <= size),
      'a range is not within'
    )
    const ascending = ranges.toSorted((one, other) => one.start - other.start)
    must(
      ascending.every(({ start }, at) => at === 0 || start > ascending[at - 1]!.end),
      'ranges touch'
    )
  }),
  law('gateway-request', 150, textsLike(REQUESTS, REQUEST_WORDS), async text => {
    const failures: unknown[] = []
    const contents = new MemoryContents({ 'film.mkv': { bytes: new Uint8Array(1000) } })
    const gateway = new Gateway({
      contents,
      activity: new Activity(),
      onFailure: error => failures.push(error)
    })
    const url = await gateway.start({ host: '127.0.0.1', port: 0 })
    try {
      // Behind it comes a request that ends the connection, whatever the first one has made of it.
      await exchange(Number(new URL(url).port), `${text}\r\n\r\nGET / HTTP/1.0\r\nBad Header\r\n\r\n`)
      must((await fetch(`${url}/film.mkv`)).status === 200, 'the gateway does not go on')
      must(failures.length === 0, 'an answer failed')
    } finally {
      await gateway.stop()
    }
  })
]

/** The name of a content or folder; undefined where another thing is asked for. */
function nameIn(target: GatewayTarget): string | undefined {
  if (target.kind === 'folder') return target.prefix
  return target.kind === 'content' && 'name' in target.reference ? target.reference.name : undefined
}
