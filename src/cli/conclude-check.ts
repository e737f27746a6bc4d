import type { ContentFacts, DirectorFacts, Finding, HostFacts } from '../check/facts.ts'
import { exitCodeOf, inOrder } from '../check/outcome.ts'
import { limitOf, secondsForAll } from '../check/route-findings.ts'
import { contentLines, directorLines, findingLines } from './check-view.ts'
import type { Reporter } from './reporter.ts'

/** All that a check has found out. */
export interface CheckFacts {
  role: 'client' | 'relay' | 'source'
  directors: DirectorFacts[]
  host: HostFacts
  content?: ContentFacts
  /** Why the content could not be asked for. */
  failure?: string
}

/** Tells what a check has found, the most serious first. Returns the exit code that goes with it. */
export function concludeCheck(reporter: Reporter, facts: CheckFacts, findings: readonly Finding[]): number {
  const { content, directors, failure } = facts
  const lines = [...directorLines(directors), ...(content ? contentLines(content) : [])]
  reporter.data(
    { event: 'check', ...facts, ...(content ? { content: withLimits(content) } : {}) },
    findings.length === 0 && failure === undefined ? [...lines, 'nothing to complain of'] : lines
  )
  for (const finding of inOrder(findings))
    reporter.data({ event: 'finding', ...finding }, findingLines(finding))
  return exitCodeOf(findings)
}

function withLimits(content: ContentFacts) {
  const { routes } = content
  const seconds = secondsForAll(content)
  return {
    ...content,
    ...(seconds === undefined ? {} : { seconds }),
    routes: routes.map(route => ({ ...route, limit: limitOf(route, routes) }))
  }
}
