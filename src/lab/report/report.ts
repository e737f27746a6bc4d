import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { traceUses } from '../../topology/topology-file.ts'
import type { LabResult } from '../lab-run.ts'
import { chartsOf } from './charts.ts'
import { verdictOf } from './expectation-words.ts'
import { type Figures, figuresOf, warningsOf } from './figures.ts'
import { drawing, htmlTable, page } from './page.ts'
import { drawPicture } from './picture.ts'
import { type Chart, drawChart, escapeXml } from './svg.ts'
import { tableOf } from './tables.ts'
import { figuresCsv, seriesCsv } from './tables-csv.ts'
import { thinned } from './thinned.ts'
import { drawTopology } from './topology-picture.ts'

const FINISHED_TERMS = `Efficiency: ideal time by payload capacity (rate x 1448/1514, integrated over the schedule, all routes together) / time of
the whole command (simulated: time from the question to the director on). aria2 writes out of order: its progress and stall are those of its total.`
const GROUP_TERMS = `Time of a client: from its start until it has all; of all: from the first start until the last client has all. Mbit/s: mean rate,
and of all the sum. Slowdown: time / ideal time with no other client. Fairness: Jain's index of the mean rates. Efficiency: ideal time of all / time of all.`
const PLAY_TERMS = `Start-up: time from the player's request until it held what its buffer takes and began. A rebuffer is a stop because it held nothing more.`
const LIVE_TERMS = `Skipped: share of the content that the client did without. Delay: time from when a byte was made until it was put out.`

const TERMS = { fetched: FINISHED_TERMS, live: LIVE_TERMS, played: PLAY_TERMS }

/** Number of progress points that report.json keeps of each means; series.csv has all. */
const KEPT_POINTS = 1000
/** Version of report.json's keys: a key that goes or means something else counts it up. */
export const REPORT_FORMAT = 1

/** What measured: this program's version, and the command line behind its name. */
export interface Provenance {
  version: string
  command: readonly string[]
}

/** Name of the directory with all reports of a topology: `-simulated` goes after it for a simulation. */
export function reportName({ emulation, topology }: Pick<LabResult, 'emulation' | 'topology'>): string {
  return topology.topology.name + (emulation === 'simulator' ? '-simulated' : '')
}

/** Writes report.html, report.json, series.csv, figures.csv, one SVG a chart and picture.svg. Returns the figures. */
export async function writeReport(
  result: LabResult,
  directory: string,
  provenance: Provenance,
  /** Text of each trace file by its name. Default: as the files beside the topology have it. */
  traces?: Record<string, string>
): Promise<Figures> {
  const charts = chartsOf(result)
  const figures = figuresOf(result)
  const write = (name: string, text: string) => writeFile(join(directory, name), text)
  for (const [name, chart] of charts) await write(`${name}.svg`, drawChart(chart))
  const picture = drawPicture(result)
  if (picture !== undefined) await write('picture.svg', picture)
  await write('report.html', reportHtml(figures, result, [...charts.values()], provenance))
  const texts = traces ?? (await traceTexts(result.topology))
  const report = reportJson(figures, result, texts, provenance)
  await write('report.json', JSON.stringify(report, null, 1) + '\n')
  await write('series.csv', seriesCsv(result))
  await write('figures.csv', figuresCsv(figures))
  return figures
}

/** All that is needed to measure again, all figures, and the curves that the charts show. */
export function reportJson(
  figures: Figures,
  { measurements, story, topology }: LabResult,
  traces: Record<string, string>,
  { version, command }: Provenance
): object {
  return {
    format: REPORT_FORMAT,
    version,
    command,
    ...figures,
    topologyFileName: basename(topology.file),
    topologyFile: topology.text,
    traces,
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

/** The text of each trace file, by the name that the topology has for it. */
async function traceTexts({ topology, file }: LabResult['topology']): Promise<Record<string, string>> {
  const names = new Set([...traceUses(topology).values()].map(trace => trace.file))
  const texts = [...names].map(async name => [name, await readFile(resolve(dirname(file), name), 'utf8')])
  return Object.fromEntries(await Promise.all(texts))
}

function reportHtml(
  figures: Figures,
  { topology }: LabResult,
  charts: Chart[],
  { version, command }: Provenance
): string {
  const { machine } = figures
  const expectations = figures.expectations.map(expectation => {
    const { name, wanted, measured } = expectation
    const verdict = verdictOf(expectation, figures)
    return `<li class="${verdict}">${escapeXml(`${name} ${wanted}: measured ${measured}`)}</li>`
  })
  const lines = [
    `${figures.startedAt}; anabranch ${version}, \`${command.join(' ')}\``,
    `${machine.processors} x ${machine.processor}, Linux ${machine.kernel}, Node ${machine.node}; links by ${machine.links}${figures.seed === undefined ? '' : `, seed ${figures.seed}`}`
  ]
  return page(
    figures.topology,
    `<h1>${escapeXml(figures.topology)}</h1>
<p>${escapeXml(figures.description ?? '')}</p>
${lines.map(line => `<p class="small">${escapeXml(line)}</p>`).join('\n')}
${figures.notes.map(note => `<p>${escapeXml(note)}</p>`).join('\n')}
${htmlTable(tableOf(figures))}
${warningsOf(figures)
  .map(warning => `<p class="warning">${escapeXml(warning)}</p>`)
  .join('\n')}
<ul>${expectations.join('\n')}</ul>
${charts.map(chart => drawing(width => drawChart(chart, width))).join('\n')}
<h2>Topology</h2>
<div class="wide picture">${drawTopology(topology.topology)}</div>
<pre>${escapeXml(topology.text)}</pre>
<p class="small">${termsOf(figures)} Wire / content: what came in at the clients as TCP payload of full-size frames / what they fetch.</p>`
  )
}

function termsOf({ group, kind }: Figures): string {
  return group ? GROUP_TERMS : TERMS[kind]
}
