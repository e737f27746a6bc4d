/**
 * Named places in the roles where a test can make the program fail: where state changes hands, and a
 * failure at the wrong moment could lose or spoil something. The environment variable
 * ANABRANCH_FAILPOINTS arms them for a whole process, as in
 * `client.beforeRename=exit,relay.forward=error:3`. Without it they do nothing.
 */
const FAILPOINTS = [
  /** A new partial file is about to be made; nothing of it is there. */
  'client.beforeSidecar',
  /** The sidecar is written; the partial file is not made yet. */
  'client.afterSidecar',
  /** An earlier run's partial file was opened and cut to whole segments, and will be read again. */
  'client.resumed',
  /** The content is complete and verified, under the partial file's name. */
  'client.beforeRename',
  /** The complete file has both names. */
  'client.linked',
  /** The complete file has its own name only; the sidecar is still there. */
  'client.afterRename',
  /** A content was opened for a route that is not answered yet. */
  'source.opened',
  /** A part of a segment was sent. */
  'source.segment',
  /** A route was admitted; its next hop is not dialled yet. */
  'relay.admitted',
  /** A frame from the next hop has come, and was not passed on yet. */
  'relay.forward',
  /** A node was put into the registry and was not answered yet. */
  'director.registered',
  /** A source or relay is about to rehearse: an error here leaves the rehearsal out. */
  'member.rehearsal'
] as const

export type FailpointName = (typeof FAILPOINTS)[number]

/** What an armed failpoint does. */
export interface ArmedFailpoint {
  kind: 'exit' | 'error' | 'delay'
  /** How long a delay lasts, in milliseconds. */
  ms: number
  /** The hit at which alone it acts, counted from 1; 0: at each. */
  hit: number
}

/** The error that an armed failpoint throws. */
export class FailpointError extends Error {
  constructor(name: FailpointName) {
    super(`failpoint ${name}`)
    this.name = 'FailpointError'
  }
}

const ARMED = parseFailpoints(process.env.ANABRANCH_FAILPOINTS ?? '')
const hits = new Map<FailpointName, number>()
let isResting = false

/** Does what the failpoint is armed for: mostly nothing. Throws FailpointError where it is armed with `error`. */
export function failpoint(name: FailpointName): void {
  const armed = ARMED.get(name)
  if (!armed || isResting) return
  const hit = (hits.get(name) ?? 0) + 1
  hits.set(name, hit)
  if (armed.hit === 0 || armed.hit === hit) act(name, armed)
}

/**
 * Lets failpoints do and count nothing until the function that is returned is called: a rehearsal goes through the same
 * places as real work.
 */
export function restFailpoints(): () => void {
  isResting = true
  return () => {
    isResting = false
  }
}

/**
 * Reads NAME=ACTION or NAME=ACTION:HIT, separated by commas. ACTION is `exit` (the process ends at
 * once, as after kill -9), `error` (an error is thrown) or `delay(MS)` (the process stands still).
 * HIT counts from 1. Throws RangeError.
 */
export function parseFailpoints(text: string): Map<FailpointName, ArmedFailpoint> {
  const entries = text.split(',').filter(entry => entry !== '')
  return new Map(entries.map(parseEntry))
}

function parseEntry(entry: string): [FailpointName, ArmedFailpoint] {
  const parts = /^([\w.]+)=(exit|error|delay(?=\())(?:(?<=delay)\((\d+)\))?(?::([1-9]\d*))?$/.exec(entry)
  const name = FAILPOINTS.find(known => known === parts?.[1])
  if (!parts || !name) throw new RangeError(`ANABRANCH_FAILPOINTS: '${entry}' is no failpoint`)
  const [, , kind, ms, hit] = parts
  return [name, { kind: kind as ArmedFailpoint['kind'], ms: Number(ms ?? 0), hit: Number(hit ?? 0) }]
}

function act(name: FailpointName, { kind, ms }: ArmedFailpoint): void {
  if (kind === 'error') throw new FailpointError(name)
  // No handler of the process gets to run.
  if (kind === 'exit') process.kill(process.pid, 'SIGKILL')
  else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
