import fc from 'fast-check'
import { createPlanner, POLICY_NAMES } from '../../src/planner/policies/index.ts'
import { RecordFileError } from '../../src/planner/record/record-lines.ts'
import { RECORD_VERSION, RecordingPlanner } from '../../src/planner/record/recording.ts'
import { Replay } from '../../src/planner/record/replay.ts'
import { simulate } from '../../src/simulation/index.ts'
import { textsLike, wildNumbers } from './inputs.ts'
import { law, must, resultOf } from './law.ts'

function recordOf(policy: string): string[] {
  const lines: string[] = []
  simulate({
    sizeBytes: 60_000,
    segmentBytes: 1_000,
    memoryBytes: 20_000,
    routes: [0, 1].map(joinsAtMs => ({
      hops: [{ rateBytesPerSecond: 200_000, delayMs: 10 }],
      joinsAtMs,
      ...(joinsAtMs === 0 ? { diesAtMs: 150 } : {})
    })),
    createPlanner: init => {
      const header = { record: RECORD_VERSION, policy, init } as const
      return new RecordingPlanner(createPlanner(policy, init), header, line => lines.push(line))
    }
  })
  return lines
}

const records = POLICY_NAMES.map(recordOf)

/** Puts `value` in the place of one of the numbers in a line. */
function withNumber(line: string, place: number, value: number): string {
  const numbers = [...line.matchAll(/(?<=[:[])-?\d+(\.\d+)?/g)]
  const chosen = numbers[place % Math.max(1, numbers.length)]
  if (!chosen) return line
  return line.slice(0, chosen.index) + value + line.slice(chosen.index + chosen[0].length)
}

const edits = fc.array(
  fc.record({
    line: fc.nat(400),
    place: fc.nat(40),
    value: fc.oneof(wildNumbers, fc.double({ noNaN: true }))
  }),
  { maxLength: 5 }
)
const moves = fc.array(fc.record({ from: fc.nat(400), to: fc.nat(400) }), { maxLength: 4 })
const strange = fc.array(
  fc.record({ at: fc.nat(400), text: textsLike(records.flat(), ['{', '}', '[', '1e99', 'null']) }),
  {
    maxLength: 2
  }
)
const files = fc
  .record({ record: fc.constantFrom(...records), edits, moves, strange })
  .map(({ record, edits, moves, strange }) => {
    const lines = [...record]
    for (const { line, place, value } of edits) {
      const at = line % lines.length
      lines[at] = withNumber(lines[at]!, place, value)
    }
    for (const { from, to } of moves) lines.splice(to % lines.length, 0, lines[from % lines.length]!)
    for (const { at, text } of strange) lines.splice(at % lines.length, 0, text)
    return lines
  })

/** The laws of what reads a record of a fetch and plans it again. */
export const RECORD_LAWS = [
  law('record', 250, fc.tuple(files, fc.constantFrom(undefined, ...POLICY_NAMES)), ([lines, policy]) => {
    const replay = new Replay(policy)
    const report = resultOf(() => {
      for (const line of lines) replay.take(line)
      return replay.report()
    }, [RecordFileError])
    if (report) must(report.plans < lines.length, 'more plans than lines')
  })
]
