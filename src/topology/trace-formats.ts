import { LEAST_RATE_BYTES_PER_SECOND, TRACE_STEP_MS, type Trace, type TraceColumns } from './trace.ts'

/** Bytes of one delivery opportunity in mahimahi's format. */
const OPPORTUNITY_BYTES = 1500
/** Longest trace, in ms: a day. The length is the number on the last line, and each step takes memory. */
const MAX_TRACE_MS = 24 * 3_600_000
/** Longest way of a packet, in ms: more than any link has, and less than what `tc` takes. */
const MAX_DELAY_MS = 60_000
const BYTES_PER_SECOND_OF_MBIT = 1e6 / 8
const USUAL_COLUMNS = { time: 'seconds', rate: 'mbit', delay: 'delay_ms', loss: 'loss_percent' }

/** A line that is neither empty nor a comment. Lines count from 1. */
interface Line {
  number: number
  text: string
}

/** What a line says from its time on. */
interface Point extends Record<Value, number | undefined> {
  atMs: number
}
type Value = 'rate' | 'delay' | 'loss'

/**
 * Parses a trace, of whichever of the three formats it is: mahimahi's, lines of `seconds Mbit/s`, or
 * CSV with a head. Lines that begin with # are comments. Throws RangeError, naming the line that
 * does not fit.
 */
export function parseTrace(text: string, columns?: TraceColumns): Trace {
  const lines = text
    .split('\n')
    .map((line, index) => ({ number: index + 1, text: line.trim() }))
    .filter(({ text }) => text !== '' && !text.startsWith('#'))
  const [first] = lines
  if (first === undefined) throw new RangeError('a trace needs at least one line')
  if (columns !== undefined || first.text.includes(',')) return traceOfPoints(csvPoints(lines, columns))
  if (/\s/.test(first.text)) return traceOfPoints(ratePoints(lines))
  return opportunities(lines)
}

/**
 * Mahimahi's format: one line for each opportunity to deliver 1500 bytes, with its time in ms. The
 * last line's time is the trace's length.
 */
function opportunities(lines: Line[]): Trace {
  const times = lines.map(({ number, text }) => {
    if (!/^\d+$/.test(text)) throw new RangeError(`line ${number} is no time in ms: '${text.slice(0, 40)}'`)
    return Number(text)
  })
  const lengthMs = times.at(-1)!
  if (lengthMs === 0) throw new RangeError('a trace needs at least one time after 0 ms')
  refuseLong(lengthMs)
  const bytes = new Array<number>(Math.max(1, Math.round(lengthMs / TRACE_STEP_MS))).fill(0)
  for (const [index, timeMs] of times.entries()) {
    if (timeMs < (times[index - 1] ?? 0))
      throw new RangeError(`line ${lines[index]!.number} goes back in time`)
    const step = Math.min(bytes.length - 1, Math.floor(timeMs / TRACE_STEP_MS))
    bytes[step] = bytes[step]! + OPPORTUNITY_BYTES
  }
  const ratesBytesPerSecond = bytes.map(count =>
    Math.max(LEAST_RATE_BYTES_PER_SECOND, (count * 1000) / TRACE_STEP_MS)
  )
  return { beganMs: 0, steps: bytes.length, ratesBytesPerSecond }
}

/** Lines of a time in seconds and the rate in Mbit/s from then on, with blanks between. */
function ratePoints(lines: Line[]): Point[] {
  return lines.map(({ number, text }) => {
    const words = text.split(/\s+/)
    if (words.length !== 2) throw new RangeError(`line ${number} has not the two numbers 'seconds Mbit/s'`)
    const [atMs, rate] = [numberIn(words[0]!, number) * 1000, valueIn('rate', words[1]!, number)]
    return { atMs, rate, delay: undefined, loss: undefined }
  })
}

/** CSV with the names of its columns in the first line. An empty field leaves the value as it was. */
function csvPoints([head, ...rows]: Line[], columns: TraceColumns | undefined): Point[] {
  const names = fieldsOf(head!.text)
  const place = (value: keyof TraceColumns) => {
    const wanted = columns?.[value] ?? USUAL_COLUMNS[value]
    const index = names.indexOf(wanted)
    if (index < 0 && (value === 'time' || columns?.[value] !== undefined))
      throw new RangeError(`line ${head!.number} has no column '${wanted}'; it has ${names.join(', ')}`)
    return index
  }
  const places = { time: place('time'), rate: place('rate'), delay: place('delay'), loss: place('loss') }
  if (places.rate < 0 && places.delay < 0 && places.loss < 0) {
    const { rate, delay, loss } = USUAL_COLUMNS
    throw new RangeError(`line ${head!.number} has none of the columns ${rate}, ${delay}, ${loss}`)
  }
  const last: Partial<Record<Value, number>> = {}
  return rows.map(({ number, text }) => {
    const fields = fieldsOf(text)
    if (fields.length !== names.length)
      throw new RangeError(`line ${number} has ${fields.length} fields, not ${names.length}`)
    for (const value of ['rate', 'delay', 'loss'] as const) {
      if (places[value] < 0) continue
      const field = fields[places[value]]!
      if (field !== '') last[value] = valueIn(value, field, number)
      else if (last[value] === undefined)
        throw new RangeError(`line ${number} has nothing in the column '${names[places[value]]}'`)
    }
    const atMs = numberIn(fields[places.time]!, number) * 1000
    return { atMs, rate: last.rate, delay: last.delay, loss: last.loss }
  })
}

/** The fields of a line of CSV. None holds a comma, as all that are read are names and numbers. */
function fieldsOf(line: string): string[] {
  return line.split(',').map(field => field.trim().replace(/^"(.*)"$/, '$1'))
}

function numberIn(word: string, line: number): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word))
    throw new RangeError(`line ${line} has '${word.slice(0, 40)}', which is no number`)
  const number = Number(word)
  if (!(number >= 0 && number < Number.MAX_SAFE_INTEGER))
    throw new RangeError(`line ${line} has '${word.slice(0, 40)}', which is out of range`)
  return number
}

/** A value in the units of a trace: bytes a second, ms, or a share. */
function valueIn(value: Value, word: string, line: number): number {
  const number = numberIn(word, line)
  if (value === 'rate') return number * BYTES_PER_SECOND_OF_MBIT
  const most = value === 'delay' ? MAX_DELAY_MS : 100
  if (number > most) throw new RangeError(`line ${line} has a ${value} of ${number}, which is above ${most}`)
  return value === 'delay' ? number : number / 100
}

/** The steps of points that hold until the next one; the last one holds as long as the one before it. */
function traceOfPoints(points: Point[]): Trace {
  const [first, second] = points
  if (first === undefined || second === undefined)
    throw new RangeError('a trace needs at least two lines with a time')
  points.forEach(({ atMs }, index) => {
    if (index > 0 && atMs <= points[index - 1]!.atMs)
      throw new RangeError(`the time ${atMs / 1000} s does not come after the one before it`)
  })
  const last = points.at(-1)!
  const endMs = 2 * last.atMs - points.at(-2)!.atMs
  const lengthMs = endMs - first.atMs
  refuseLong(lengthMs)
  const steps = Math.max(1, Math.round(lengthMs / TRACE_STEP_MS))
  const at = sampler(points, endMs)
  const fromMs = (step: number) => first.atMs + step * TRACE_STEP_MS
  const values = (read: (step: number) => number) => Array.from({ length: steps }, (_, step) => read(step))
  return {
    beganMs: first.atMs,
    steps,
    ...(first.rate !== undefined && {
      ratesBytesPerSecond: values(step => at.mean('rate', fromMs(step), fromMs(step + 1)))
    }),
    ...(first.delay !== undefined && { delaysMs: values(step => at.mean('delay', fromMs(step))) }),
    ...(first.loss !== undefined && { losses: values(step => at.mean('loss', fromMs(step))) })
  }
}

/** Reads points at times that ascend, each value by itself: at one time, or its mean over an interval. */
function sampler(points: Point[], endMs: number) {
  const places: Record<Value, number> = { rate: 0, delay: 0, loss: 0 }
  const endOf = (index: number) => points[index + 1]?.atMs ?? endMs
  const mean = (value: Value, fromMs: number, toMs = fromMs): number => {
    while (places[value] + 1 < points.length && endOf(places[value]) <= fromMs + 1e-6) places[value]++
    let index = places[value]
    if (toMs === fromMs) return points[index]![value]!
    let sum = 0
    for (let atMs = fromMs; atMs < toMs; index++) {
      const untilMs = index + 1 < points.length ? Math.min(toMs, endOf(index)) : toMs
      sum += points[index]![value]! * (untilMs - atMs)
      atMs = untilMs
    }
    return sum / (toMs - fromMs)
  }
  return { mean }
}

function refuseLong(lengthMs: number): void {
  if (lengthMs > MAX_TRACE_MS) throw new RangeError('a trace is a day long at most')
}
