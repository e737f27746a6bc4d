import { Command } from 'commander'
import { ExitCode } from '../errors.ts'
import type { CliRun } from './command.ts'
import { labReporter, provenance } from './lab-reporter.ts'
import { onEndSignal } from './signals.ts'

interface ReproduceFlags {
  json?: boolean
  simulate?: boolean
  report: string
}

/** Commands that work on reports: diff, reproduce; and graph, which draws what a report shows. */
export function addReportCommands(lab: Command, run: CliRun, reports: string): void {
  lab.addCommand(
    new Command('diff')
      .description('what differs between two reports: settings, topology, figures with their ratio')
      .argument('<A>', 'report.json, summary.json or the directory of either')
      .argument('<B>', 'the same of another run')
      .option('--json', 'tell everything as one JSON object a line')
      .action((a: string, b: string, flags: { json?: boolean }) => diff(run, a, b, flags))
  )
  lab.addCommand(
    new Command('reproduce')
      .description("run a report's topology again with its seed, and tell what differs")
      .argument('<REPORT>', 'report.json')
      .option('--simulate', 'by the simulator; a simulated report always is')
      .option('--report <DIR>', 'directory that gets a report in NAME/DATE-TIME', reports)
      .option('--json', 'tell everything as one JSON object a line')
      .action((path: string, flags: ReproduceFlags) => reproduce(run, path, flags))
  )
  lab.addCommand(
    new Command('graph')
      .description('draw the network of a topology file, as SVG to standard output')
      .argument('<FILE>', 'topology file')
      .action(async (file: string) => {
        const { loadTopology } = await import('../topology/topology-file.ts')
        const { drawTopology } = await import('../lab/report/topology-picture.ts')
        run.stdout.write(drawTopology((await loadTopology(file)).topology))
      })
  )
}

async function diff(run: CliRun, a: string, b: string, flags: { json?: boolean }): Promise<void> {
  const reporter = labReporter(run, flags)
  const { readComparable } = await import('../lab/report/report-file.ts')
  const { differenceLines, differencesOf } = await import('../lab/report/differences.ts')
  const told = differencesOf(await readComparable(a), await readComparable(b))
  reporter.data({ event: 'differences', ...told }, differenceLines(told))
}

async function reproduce(run: CliRun, path: string, flags: ReproduceFlags): Promise<void> {
  const reporter = labReporter(run, flags)
  const { readReport, readComparable, topologyOf } = await import('../lab/report/report-file.ts')
  const { differenceLines, differencesOf } = await import('../lab/report/differences.ts')
  const { makeReportDirectory, pointLatest } = await import('../lab/report/report-directory.ts')
  const { reportName, writeReport } = await import('../lab/report/report.ts')
  const report = await readReport(path)
  const loaded = await topologyOf(report, path)
  // Read now: the path may go over `latest`, which will lead to the new report.
  const before = await readComparable(path)
  const stop = new AbortController()
  const undo = onEndSignal(() => stop.abort())
  try {
    const isSimulated = flags.simulate === true || report.machine.links === 'simulator'
    const result = isSimulated ? await simulated() : await measured()
    const directory = await makeReportDirectory(flags.report, reportName(result), result.startedAt)
    await writeReport(result, directory, provenance(), report.traces)
    await pointLatest(directory)
    const told = differencesOf(before, await readComparable(directory))
    const lines = [...differenceLines(told), `report: ${directory}`]
    reporter.data({ event: 'differences', report: directory, ...told }, lines)
  } catch (error) {
    if (!stop.signal.aborted) throw error
    reporter.note('interrupted; everything is taken down')
    run.exitCode = ExitCode.signal
  } finally {
    undo()
  }

  async function simulated() {
    const { simulateTopology } = await import('../lab/simulate-topology.ts')
    const { seed, policy, cutover } = report
    return simulateTopology(loaded, { startedAt: new Date(), seed, policy, cutover })
  }

  async function measured() {
    const { runLab } = await import('../lab/lab-run.ts')
    const { peersFor } = await import('../lab/compare.ts')
    const names = report.means.map(({ means }) => means)
    return await runLab(loaded, {
      peers: peersFor(loaded.topology).filter(peer => names.includes(peer)),
      peersOnly: !names.includes('anabranch'),
      signal: stop.signal,
      log: line => reporter.tell({ event: 'lab', message: line }, line)
    })
  }
}
