import { ExitCode } from '../errors.ts'
import type { Finding, Severity } from './facts.ts'

const ORDER: Severity[] = ['problem', 'warning', 'hint']
/** What leaves nothing that could work: nobody to ask, or no way. */
const NOTHING_WORKS = ['noDirector', 'noRoute']

/** The findings, the most serious first. Pure. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return ORDER.flatMap(severity => findings.filter(finding => finding.severity === severity))
}

/** The exit code of a check: 0 without a problem, 5 where no director answers or no route works, else 1. Pure. */
export function exitCodeOf(findings: readonly Finding[]): number {
  const problems = findings.filter(({ severity }) => severity === 'problem')
  if (problems.length === 0) return ExitCode.ok
  return problems.some(({ kind }) => NOTHING_WORKS.includes(kind)) ? ExitCode.network : ExitCode.other
}
