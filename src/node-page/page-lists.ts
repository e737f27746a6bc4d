import type { Makers } from '../pages/page-makers.ts'
import type { Problem } from './problem.ts'

// The functions here run in browsers: a page has their texts, so that they use nothing but what they are given. All that
// peers say is put in as text.

/** Returns what makes the lists that both pages have. Its text is in the page. */
export function nodeLists({ element, timeOf }: Makers) {
  const timeAt = (utcMs: number) => timeOf(new Date(utcMs).toISOString())

  function problemsList(problems: Problem[]): HTMLElement {
    if (problems.length === 0) return element('p', 'faint', 'None.')
    const items = problems.map(({ severity, sinceMs, what, remedy }) => {
      const isProblem = severity === 'problem'
      const since = sinceMs === undefined ? '' : ` (since ${timeAt(sinceMs)})`
      return element(
        'li',
        severity,
        ...(isProblem ? [element('span', 'mark', 'Problem:')] : ['Notice: ']),
        `${what}${since}`,
        ...(remedy === undefined ? [] : [element('span', 'remedy', remedy)])
      )
    })
    return element('ul', 'problems', ...items)
  }

  function facts(rows: [string, string][]): HTMLElement {
    const cells = rows.flatMap(([name, value]) => [element('dt', '', name), element('dd', '', value)])
    return element('dl', 'facts', ...cells)
  }

  /** The page's head, which says the most important in a line. */
  function headLine(title: string, problems: Problem[], text: string): void {
    const many = problems.filter(({ severity }) => severity === 'problem').length
    document.title = many > 0 ? `(${many}) ${title}` : title
    const word = many === 0 ? 'No problems' : many === 1 ? '1 problem' : `${many} problems`
    document.getElementById('counts')!.textContent = `${word}. ${text}`
  }

  return { problemsList, facts, headLine, timeAt }
}

export type NodeLists = ReturnType<typeof nodeLists>
