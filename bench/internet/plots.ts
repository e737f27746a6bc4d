import type { Summary } from './summary.ts'
export function pagesOf(_summaries: readonly Summary[]): Record<string, string> {
  return {}
}
