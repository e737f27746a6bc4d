import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { drawDistributions } from './distribution.ts'
import type { Figures } from './figures.ts'
import { METRICS } from './metrics.ts'
import { drawing, htmlTable, page } from './page.ts'
import type { MeansSummary, Summary } from './summary.ts'
import { escapeXml } from './svg.ts'
import { runsCsv } from './tables-csv.ts'

/** Writes summary.html, summary.json and runs.csv of runs whose reports are in run-1, run-2, ... */
export async function writeSummary(
  summary: Summary,
  runs: readonly Figures[],
  directory: string
): Promise<void> {
  await writeFile(join(directory, 'summary.json'), JSON.stringify(summary, null, 1) + '\n')
  await writeFile(join(directory, 'runs.csv'), runsCsv(runs))
  await writeFile(join(directory, 'summary.html'), summaryHtml(summary))
}

/** Head and rows of the table of medians: one row a means, with the intervals' ends. */
export function summaryTable(summary: Summary): string[][] {
  const metrics = METRICS.filter(({ name }) => summary.means.some(({ figures }) => figures[name]))
  const cell = ({ figures }: MeansSummary, { name, text }: (typeof METRICS)[number]) => {
    const figure = figures[name]
    return figure ? `${text(figure.median)} [${text(figure.low)}, ${text(figure.high)}]` : ''
  }
  return [
    ['figure', ...summary.means.map(({ means, counted }) => `${means} (${counted} of ${summary.runs})`)],
    ...metrics.map(metric => [metric.title, ...summary.means.map(means => cell(means, metric))])
  ]
}

/** What became of the expectations and of runs that are not in the figures, one sentence each. */
export function summaryNotes(summary: Summary): string[] {
  const expectations = summary.expectations.map(({ name, wanted, met, unmet, uncounted }) => {
    const rest = [
      ...(unmet ? [`NOT MET in ${unmet}`] : []),
      ...(uncounted ? [`not counted in ${uncounted}`] : [])
    ]
    return `${name} ${wanted}: ${[`met in ${met} of ${summary.runs} runs`, ...rest].join(', ')}`
  })
  const missing = summary.means.flatMap(({ means, counted, failed }) => {
    const slow = summary.runs - counted - failed
    return [
      ...(failed > 0
        ? [`${means}: ${failed} of ${summary.runs} runs failed and are not in the figures`]
        : []),
      ...(slow > 0
        ? [
            `${means}: in ${slow} of ${summary.runs} runs the machine was too slow; they are not in the figures`
          ]
        : [])
    ]
  })
  return [...expectations, ...missing]
}

function summaryHtml(summary: Summary): string {
  const { machine } = summary
  const links = Array.from(
    { length: summary.runs },
    (_, run) => `<a href="run-${run + 1}/report.html">${run + 1}</a>`
  )
  return page(
    summary.topology,
    `<h1>${escapeXml(summary.topology)}, ${summary.runs} runs</h1>
<p class="small">${escapeXml(`${summary.startedAt}; anabranch ${summary.version}, \`${summary.command.join(' ')}\``)}</p>
<p class="small">${escapeXml(`${machine.processors} x ${machine.processor}, Linux ${machine.kernel}, Node ${machine.node}; links by ${machine.links}`)}</p>
${htmlTable(summaryTable(summary))}
<p class="small">Medians, with 95 % intervals by bootstrap in brackets.</p>
<ul>${summaryNotes(summary)
      .map(note => `<li>${escapeXml(note)}</li>`)
      .join('\n')}</ul>
${drawing(width => drawDistributions(summary, width))}
<p>Runs: ${links.join(', ')}</p>
<h2>Topology file</h2>
<pre>${escapeXml(summary.topologyFile)}</pre>`
  )
}
