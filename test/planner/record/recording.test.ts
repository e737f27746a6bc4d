import { expect, it } from 'vitest'
import { createPlanner } from '../../../src/planner/policies/index.ts'
import { parseHeader, RecordFileError } from '../../../src/planner/record/record-lines.ts'
import { RECORD_VERSION, type RecordHeader, RecordingPlanner } from '../../../src/planner/record/recording.ts'
import { extentOf } from '../../../src/protocol/extent.ts'

const INIT = { extent: extentOf({ sizeBytes: 1_001, segmentBytes: 100 }, 4), memoryBytes: 5_000 }
const HEADER: RecordHeader = { record: RECORD_VERSION, policy: 'fixed', init: INIT, pattern: 'AB' }
/** Records are kept: the line stays as it was. */
const LINE =
  '{"record":2,"policy":"fixed","init":{"segmentCount":11,"firstSeq":4,"segmentBytes":100,"sizeBytes":1001,"memoryBytes":5000},"pattern":"AB"}'

it('writes and reads a header with the numbers of the extent', () => {
  const lines: string[] = []
  new RecordingPlanner(createPlanner('fixed', INIT), HEADER, line => lines.push(line))
  expect(lines).toEqual([LINE])
  expect(parseHeader(LINE)).toEqual(HEADER)
})

it('refuses a header whose numbers contradict each other', () => {
  expect(() => parseHeader(LINE.replace('"segmentCount":11', '"segmentCount":12'))).toThrow(RecordFileError)
})
