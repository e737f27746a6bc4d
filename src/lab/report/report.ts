import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { LabResult } from '../lab-run.ts'
import { chartsOf } from './charts.ts'
import { type Figures, figuresOf, warningsOf } from './figures.ts'
import { drawPicture } from './picture.ts'
import { drawChart, escapeXml } from './svg.ts'
import { tableOf } from './tables.ts'
import { thinned } from './thinned.ts'

const FINISHED_TERMS = `Efficiency: ideal time by payload capacity (rate x 1448/1514, integrated over the schedule, all routes together) / time of
the whole command (simulated: time from the question to the director on). aria2 writes out of order: its progress and stall are those of its total.`
const GROUP_TERMS = `Time of a client: from its start until it has all; of all: from the first start until the last client has all. Mbit/s: mean rate,
and of all the sum. Slowdown: time / ideal time with no other client. Fairness: Jain's index of the mean rates. Efficiency: ideal time of all / time of all.`
const PLAY_TERMS = `Start-up: time from the player's request until it held what its buffer takes and began. A rebuffer is a stop because it held nothing more.`
const LIVE_TERMS = `Skipped: share of the content that the client did without. Delay: time from when a byte was made until it was put out.`

const TERMS = { fetched: FINISHED_TERMS, live: LIVE_TERMS, played: PLAY_TERMS }

/** Number of progress points that report.json keeps of each means. */
const KEPT_POINTS = 1000

/**
 * Writes report.html, report.json, one SVG a chart and picture.svg into a directory of the topology's name, with
 * `-simulated` after it for a simulation. Returns its path.
 */
export async function writeReport(result: LabResult, parentDirectory: string): Promise<string> {
  const suffix = result.emulation === 'simulator' ? '-simulated' : ''
  const directory = resolve(parentDirectory, result.topology.topology.name + suffix)
  await mkdir(directory, { recursive: true })
  const charts = new Map([...chartsOf(result)].map(([name, chart]) => [name, drawChart(chart)]))
  for (const [name, svg] of charts) await writeFile(join(directory, `${name}.svg`), svg)
  const picture = drawPicture(result)
  if (picture !== undefined) await writeFile(join(directory, 'picture.svg'), picture)
  const figures = figuresOf(result)
  await writeFile(
    join(directory, 'report.html'),
    reportHtml(figures, result.topology.text, [...charts.values()])
  )
  await writeFile(join(directory, 'report.json'), JSON.stringify(reportJson(figures, result), null, 1) + '\n')
  return directory
}

/** All figures, and the curves that the charts show. */
function reportJson(figures: Figures, { measurements, story, topology }: LabResult): object {
  return {
    ...figures,
    topologyFile: topology.text,
    courses: measurements.map(measured => ({
      means: measured.means,
      progress: thinned(measured.progress, KEPT_POINTS),
      links: thinned(measured.links, KEPT_POINTS),
      events: thinned(measured.played, KEPT_POINTS)
    })),
    clients: measurements[0]?.clients?.map(({ client, startedAtMs, progress, story }) => ({
      client,
      startedAtMs,
      progress: thinned(progress, KEPT_POINTS),
      story
    })),
    linkNames: topology.topology.links.map(link => link.endpoints.join('-')),
    story
  }
}

function reportHtml(figures: Figures, topologyText: string, charts: string[]): string {
  const { machine } = figures
  const [head, ...rows] = tableOf(figures)
  const row = (cells: string[], tag: string) =>
    `<tr>${cells.map(cell => `<${tag}>${escapeXml(cell)}</${tag}>`).join('')}</tr>`
  const expectations = figures.expectations.map(
    ({ name, wanted, measured, met }) =>
      `<li class="${met ? 'met' : 'unmet'}">${escapeXml(`${name} ${wanted}: measured ${measured}`)}</li>`
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(figures.topology)} - anabranch lab</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 920px; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100% } th, td { padding: .3rem .6rem; border-bottom: 1px solid #ddd; text-align: right }
td { white-space: nowrap } .wide { overflow-x: auto } ul { padding: 0; list-style-position: inside }
th:first-child, td:first-child { text-align: left } svg { max-width: 100%; height: auto; margin: 1rem 0 }
.met::marker { content: "met \\2014  " } .unmet::marker { content: "NOT MET \\2014  " } .unmet, .warning { color: #b00 }
pre { background: #f6f6f6; padding: 1rem; overflow: auto } .small { color: #666 }
</style>
<h1>${escapeXml(figures.topology)}</h1>
<p>${escapeXml(figures.description ?? '')}</p>
<p class="small">${escapeXml(figures.startedAt)}; ${machine.processors} processors, Linux ${escapeXml(machine.kernel)}, Node ${machine.node}; links by ${machine.links}</p>
${figures.notes.map(note => `<p>${escapeXml(note)}</p>`).join('\n')}
<div class="wide"><table>${row(head!, 'th')}${rows.map(cells => row(cells, 'td')).join('\n')}</table></div>
${warningsOf(figures)
  .map(warning => `<p class="warning">${escapeXml(warning)}</p>`)
  .join('\n')}
<ul>${expectations.join('\n')}</ul>
${charts.join('\n')}
<h2>Topology file</h2>
<pre>${escapeXml(topologyText)}</pre>
<p class="small">${termsOf(figures)} Wire / content: what came in at the clients as TCP payload of full-size frames / what they fetch.</p>
</html>
`
}

function termsOf({ group, kind }: Figures): string {
  return group ? GROUP_TERMS : TERMS[kind]
}
