import type { HashFailure } from './catalog-hashing.ts'

/** What came of one file. none: nothing is kept for this state of the file, or it changed while it was hashed. */
export type Finding = { type: 'found'; recordBytes: Uint8Array } | { type: 'none' } | HashFailure

/** Findings with all records in one piece of memory, which moves between threads at once and takes no room for each. */
export interface PackedFindings {
  records: Uint8Array<ArrayBuffer>
  /** For each finding in order: the length of its record, or what it is instead. */
  results: Array<number | Exclude<Finding, { type: 'found' }>>
}

export function packFindings(findings: readonly Finding[]): PackedFindings {
  const bytes = findings.reduce((sum, each) => sum + (each.type === 'found' ? each.recordBytes.length : 0), 0)
  const records = new Uint8Array(bytes)
  let end = 0
  const results = findings.map(finding => {
    if (finding.type !== 'found') return finding
    records.set(finding.recordBytes, end)
    end += finding.recordBytes.length
    return finding.recordBytes.length
  })
  return { records, results }
}

/** The records are views of the one piece of memory. */
export function unpackFindings({ records, results }: PackedFindings): Finding[] {
  let end = 0
  return results.map(result => {
    if (typeof result !== 'number') return result
    end += result
    return { type: 'found', recordBytes: records.subarray(end - result, end) }
  })
}
