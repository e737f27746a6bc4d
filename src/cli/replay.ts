import { createReadStream } from 'node:fs'
import type { Command } from 'commander'
import { ConfigurationError, ExitCode } from '../errors.ts'
import { routeName } from '../pattern/pattern.ts'
import { POLICY_NAMES } from '../planner/policies/names.ts'
import type { RecordedDecision } from '../planner/record/recording.ts'
import type { ReplayedDecision, ReplayReport } from '../planner/record/replay.ts'
import type { PolicySummary } from '../planner/record/replay-summary.ts'
import { type CliRun, defineCommand } from './command.ts'
import { GENERAL_SETTINGS } from './common-settings.ts'
import { parsePolicy } from './policy-name.ts'
import { one } from './settings.ts'
import { table } from './text-table.ts'

const SETTINGS = {
  policy: one({
    value: 'NAME',
    help: `plan with this policy instead of the record's own: ${POLICY_NAMES.join(', ')}`,
    words: POLICY_NAMES,
    parse: parsePolicy
  }),
  ...GENERAL_SETTINGS
}

/** `replay FILE`: plans a recorded transfer again. Exit code 1 where the record's own policy decides otherwise now. */
export function replayCommand(run: CliRun): Command {
  return defineCommand(
    {
      name: 'replay',
      summary: 'plan again what client fetch --record wrote down, and compare',
      role: 'client',
      argument: { name: 'FILE', help: 'a record' },
      settings: SETTINGS,
      run: async ({ policy, verbose }, { reporter }, file) => {
        const { Replay } = await import('../planner/record/replay.ts')
        const replay = new Replay(policy)
        // The record's own policy decides as it did then, so its decisions are shown only to users
        // who ask for them.
        const shown = reporter.json || verbose > 0
        for await (const { text, number, isLast } of linesOf(file)) {
          if (isLast && number > 1 && !isJson(text)) {
            const message = `line ${number}, the last one, was cut off and is left out`
            reporter.tell({ event: 'problem', message }, message)
            break
          }
          const decided = replay.take(text)
          if (!decided || !isTelling(decided.decision)) continue
          if (shown || policy !== undefined) {
            reporter.data({ event: 'decision', ...named(decided) }, decisionText(decided))
          }
        }
        const report = replay.report()
        for (const slice of report.replayed.slices) {
          if (reporter.json) reporter.data({ event: 'weights', ...slice, ...byLetter(slice) }, '')
        }
        reporter.data({ event: 'replay', ...withoutSlices(report) }, reportText(report))
        return report.differing > 0 ? ExitCode.other : ExitCode.ok
      }
    },
    run
  )
}

interface FileLine {
  text: string
  /** Number of the line, from 1 on. */
  number: number
  isLast: boolean
}

/** Reads the lines of a file. Throws ConfigurationError for a file that cannot be read. */
async function* linesOf(path: string): AsyncGenerator<FileLine> {
  // The module is loaded here, as in lab-network.ts: other commands would take longer to start.
  const { createInterface } = await import('node:readline')
  const input = createReadStream(path)
  let number = 0
  let text = ''
  try {
    for await (const next of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (number > 0) yield { text, number, isLast: false }
      number++
      text = next
    }
    if (number > 0) yield { text, number, isLast: true }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw new ConfigurationError(`The record ${path} cannot be read: ${(error as Error).message}`, error)
  } finally {
    input.destroy()
  }
}

/** Whether the text is JSON: a fetch that was killed may have left half a line. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * Whether a decision is worth a line. Horizon and credits move with nearly every plan; the rest is
 * what a policy decides.
 */
function isTelling({ patterns, reassignments, states, probes }: RecordedDecision): boolean {
  return patterns.length + reassignments.length + states.length + probes.length > 0
}

/** The decision, with its routes by their letters. */
function named({ line, atMs, decision }: ReplayedDecision) {
  const { patterns, reassignments, states, horizon, probes } = decision
  return {
    line,
    atMs,
    patterns,
    reassignments: reassignments.map(({ fromRoute, toRoute, copy, ranges }) => ({
      from: routeName(fromRoute),
      to: routeName(toRoute),
      copy,
      ranges
    })),
    states: states.map(({ route, state, reason }) => ({ route: routeName(route), state, reason })),
    probes: probes.map(({ route, replyBytes }) => ({ route: routeName(route), replyBytes })),
    horizon
  }
}

function decisionText(decided: ReplayedDecision): string[] {
  const { atMs, patterns, reassignments, states, probes } = named(decided)
  const parts = [
    ...patterns.map(({ from, pattern }) => `pattern ${pattern} from segment ${from}`),
    ...reassignments.map(({ from, to, copy, ranges }) => {
      const segments = ranges.reduce((sum, range) => sum + range.to - range.from, 0)
      return `${segments} segments ${copy ? 'copied' : 'moved'} from ${from} to ${to}`
    }),
    ...states.map(
      ({ route, state, reason }) => `route ${route} ${state}${reason === '' ? '' : `: ${reason}`}`
    ),
    ...probes.map(({ route }) => `route ${route} probed`)
  ]
  const stamp = `${(atMs / 1000).toFixed(3)} s`.padStart(10)
  return parts.map(part => `${stamp}  ${part}`)
}

function byLetter({ weights, ratesBytesPerSecond }: PolicySummary['slices'][number]) {
  const lettered = (values: Record<number, number>) =>
    Object.fromEntries(Object.entries(values).map(([route, value]) => [routeName(Number(route)), value]))
  return { weights: lettered(weights), ratesBytesPerSecond: lettered(ratesBytesPerSecond) }
}

function withoutSlices({ recorded, replayed, ...report }: ReplayReport) {
  const { slices: _, ...ofRecord } = recorded
  const { slices: __, ...ofReplay } = replayed
  return {
    ...report,
    identical: report.samePolicy && report.differing === 0,
    recorded: ofRecord,
    replayed: ofReplay
  }
}

/** The lines of a report: the verdict, the decisions in numbers, and the weights over time. */
export function reportText(report: ReplayReport): string[] {
  const { recorded, replayed } = report
  const rows = [
    ['', `recorded (${recorded.policy})`, `replayed (${replayed.policy})`],
    ...(
      [
        ['patterns', 'patterns'],
        ['reassignments', 'reassignments'],
        ['segments moved', 'movedSegments'],
        ['segments copied', 'copiedSegments'],
        ['late or parked', 'setbacks']
      ] as const
    ).map(([name, key]) => [name, String(recorded[key]), String(replayed[key])])
  ]
  return [...verdict(report), '', ...table(rows), '', ...table(weightRows(replayed))]
}

function verdict({
  samePolicy,
  differing,
  plans,
  firstDifference,
  durationMs,
  replayed
}: ReplayReport): string[] {
  const of = `${plans} decisions in ${(durationMs / 1000).toFixed(1)} s`
  if (!samePolicy) return [`${of}, as ${replayed.policy} would have taken them for the same arrivals`]
  if (!firstDifference) return [`identical: ${of}`]
  const { line, atMs, part, recorded, replayed: now } = firstDifference
  return [
    `not identical: ${differing} of ${of} differ, first in ${part} at line ${line}, after ${(atMs / 1000).toFixed(3)} s`,
    `  recorded  ${JSON.stringify(recorded)}`,
    `  replayed  ${JSON.stringify(now)}`
  ]
}

/** The weights over time in percent, with a column for each route. */
function weightRows({ slices }: PolicySummary): string[][] {
  const routes = [...new Set(slices.flatMap(({ weights }) => Object.keys(weights).map(Number)))].sort(
    (a, b) => a - b
  )
  const percent = (weight: number | undefined) =>
    weight === undefined ? '' : `${Math.round(weight * 100)} %`
  return [
    ['weights from', ...routes.map(routeName)],
    ...slices.map(({ fromMs, weights }) => [
      `${(fromMs / 1000).toFixed(1)} s`,
      ...routes.map(route => percent(weights[route]))
    ])
  ]
}
