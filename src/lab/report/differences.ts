import type { Estimate } from './bootstrap.ts'
import type { Figures } from './figures.ts'
import { METRICS } from './metrics.ts'
import type { Summary } from './summary.ts'

/** What two reports are compared by: one run, or a summary of several. */
export interface Comparable {
  version: string
  topologyFile: string
  seed?: number
  policy?: string
  cutover?: string
  machine: Figures['machine']
  means: { means: string; figures: Record<string, Estimate> }[]
}

export interface Differences {
  /** Settings that differ: the version, the machine, the seed; and `topologyFile`, as lines taken out and put in. */
  settings: { name: string; a?: string; b?: string }[]
  topologyLines: { sign: '-' | '+'; line: string }[]
  figures: FigureDifference[]
  /** Means that only one of the reports has. */
  onlyA: string[]
  onlyB: string[]
}

export interface FigureDifference {
  means: string
  figure: string
  a: Estimate
  b: Estimate
  /** b / a by their medians; unset where a is 0. */
  ratio?: number
  /** Whether the 95 % intervals have a value in common; unset where either is of one run. */
  overlap?: boolean
}

/** report.json or summary.json as what can be compared. */
export function comparable(
  report: (Figures | Summary) & { version: string; topologyFile: string }
): Comparable {
  if ('runs' in report)
    return { ...report, means: report.means.map(({ means, figures }) => ({ means, figures })) }
  const means = report.means.map(row => ({
    means: row.means,
    figures: Object.fromEntries(
      METRICS.flatMap(metric => {
        const value = metric.value(row)
        return value === undefined ? [] : [[metric.name, { median: value, low: value, high: value }] as const]
      })
    )
  }))
  return { ...report, means }
}

/** What differs between two reports. Figures are told whether they differ or not. */
export function differencesOf(a: Comparable, b: Comparable): Differences {
  const names = (report: Comparable) => report.means.map(({ means }) => means)
  const [namesA, namesB] = [names(a), names(b)]
  return {
    settings: settingsOf(a, b),
    topologyLines: differingLines(a.topologyFile.split('\n'), b.topologyFile.split('\n')),
    figures: a.means.flatMap(row => {
      const other = b.means.find(({ means }) => means === row.means)
      return other ? figureDifferences(row, other) : []
    }),
    onlyA: namesA.filter(name => !namesB.includes(name)),
    onlyB: namesB.filter(name => !namesA.includes(name))
  }
}

function figureDifferences(
  a: Comparable['means'][number],
  b: Comparable['means'][number]
): FigureDifference[] {
  return METRICS.flatMap(({ name }) => {
    const [one, other] = [a.figures[name], b.figures[name]]
    if (!one || !other) return []
    const isSpread = [one, other].every(({ low, high }) => low < high)
    return [
      {
        means: a.means,
        figure: name,
        a: bare(one),
        b: bare(other),
        ...(one.median === 0 ? {} : { ratio: other.median / one.median }),
        ...(isSpread ? { overlap: one.low <= other.high && other.low <= one.high } : {})
      }
    ]
  })
}

function bare({ median, low, high }: Estimate): Estimate {
  return { median, low, high }
}

function settingsOf(a: Comparable, b: Comparable): Differences['settings'] {
  const flat = ({ version, seed, policy, cutover, machine }: Comparable): Record<string, unknown> => ({
    ...{ version, seed, policy, cutover },
    ...Object.fromEntries(Object.entries(machine).map(([key, value]) => [`machine.${key}`, value]))
  })
  const [one, other] = [flat(a), flat(b)]
  const text = (value: unknown) => (value === undefined ? undefined : String(value))
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap(name =>
    one[name] === other[name] ? [] : [{ name, a: text(one[name]), b: text(other[name]) }]
  )
}

/** The lines that are not in a longest common subsequence of both texts, in order. */
function differingLines(a: string[], b: string[]): Differences['topologyLines'] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i]![j] =
        a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!)
  const lines: Differences['topologyLines'] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) [i, j] = [i + 1, j + 1]
    else if (j >= b.length || (i < a.length && lengths[i + 1]![j]! >= lengths[i]![j + 1]!))
      lines.push({ sign: '-', line: a[i++]! })
    else lines.push({ sign: '+', line: b[j++]! })
  }
  return lines
}

/** The differences for people, line by line. */
export function differenceLines(told: Differences): string[] {
  const settings = told.settings.map(({ name, a = 'unset', b = 'unset' }) => `${name}: ${a} -> ${b}`)
  const topology = told.topologyLines.map(({ sign, line }) => `${sign} ${line}`)
  const missing = [
    ...told.onlyA.map(means => `${means}: in the first report only`),
    ...told.onlyB.map(means => `${means}: in the second report only`)
  ]
  const figures = told.figures.map(figureLine)
  return [
    ...settings,
    ...(topology.length > 0 ? ['topology file:', ...topology] : ['topology file: the same']),
    ...missing,
    ...figures
  ]
}

function figureLine({ means, figure, a, b, ratio, overlap }: FigureDifference): string {
  const { text, title } = METRICS.find(({ name }) => name === figure)!
  const value = (one: Estimate) =>
    one.low === one.high ? text(one.median) : `${text(one.median)} [${text(one.low)}, ${text(one.high)}]`
  const head = `${means}, ${title}: ${value(a)}`
  if (a.median === b.median && a.low === b.low && a.high === b.high) return `${head}, the same`
  const words = [
    ...(ratio === undefined ? [] : [`x ${ratio.toFixed(3)}`]),
    ...(overlap === undefined ? [] : [overlap ? 'intervals overlap' : 'intervals are apart'])
  ]
  return `${head} -> ${value(b)}${words.length > 0 ? ` (${words.join('; ')})` : ''}`
}
