import { accessSync, constants } from 'node:fs'
import { basename, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { ExitCode, UsageError } from '../errors.ts'
import type { Script } from '../lab/compare.ts'
import { CUT_OVER_MODES, type CutOverMode } from '../planner/planner.ts'
import { DEFAULT_POLICY, POLICY_NAMES } from '../planner/policies/names.ts'
import { type CliRun, endAtOnce } from './command.ts'
import { parseCount } from './common-settings.ts'
import { addNotes, addWords } from './help-notes.ts'
import { addLabFigureCommand } from './lab-figure.ts'
import { addLabNetworkCommands } from './lab-network.ts'
import { labReporter, reportRuns } from './lab-reporter.ts'
import { addReportCommands } from './lab-reports.ts'
import { addLabSweepCommands } from './lab-sweep.ts'
import { parsePolicy } from './policy-name.ts'
import { onEndSignal } from './signals.ts'

const DEFAULT_REPORT_DIRECTORY = 'lab-reports'
const MOST_RUNS = 1000

/** The commands that take their network down after a signal. */
const END_IN_ORDER = ['run', 'compare', 'sweep', 'figure', 'reproduce']

const PCAP = [
  '--pcap <LINKS>',
  "comma-separated links, such as src-r1: capture their packets' headers, at the node named first, into the report's pcap/"
] as const

interface RunFlags {
  json?: boolean
  quiet?: boolean
  report: string
  repeat?: number
  with?: string
  only?: boolean
  limits?: boolean
  pcap?: string
}

interface SimulateFlags extends Pick<RunFlags, 'json' | 'quiet' | 'report' | 'repeat'> {
  policy?: string
  cutover?: CutOverMode
  seed?: number
}

/** `lab ...`: runs whole networks on one machine, to measure in. */
export function labCommand(run: CliRun): Command {
  const lab = new Command('lab').description('Emulates whole networks on this machine and measures in them')
  lab.addCommand(runCommand(run))
  lab.addCommand(compareCommand(run))
  lab.addCommand(simulateCommand(run))
  addLabSweepCommands(lab, run)
  addLabFigureCommand(lab, run)
  lab.addCommand(validateCommand(run))
  lab.addCommand(schemaCommand(run))
  addReportCommands(lab, run, DEFAULT_REPORT_DIRECTORY)
  addLabNetworkCommands(lab, run)
  return lab.hook('preAction', (_, command) => {
    if (!END_IN_ORDER.includes(command.name())) endAtOnce(run)
  })
}

function runCommand(run: CliRun): Command {
  const command = measuringCommand('run')
    .description(
      'bring a topology up, fetch or play its content, take it down, report; exit code 1 where its expectations are not met'
    )
    .option(...PCAP)
    .action(async (file: string, flags: RunFlags) => {
      run.exitCode = await measure(run, file, { ...flags, with: '' })
    })
  return addNotes(command, {
    examples: [
      'sudo anabranch lab run topology/eight-routes.yaml',
      'sudo anabranch lab run network.yaml --report out',
      'sudo anabranch lab run network.yaml --json'
    ]
  })
}

function compareCommand(run: CliRun): Command {
  return measuringCommand('compare')
    .description('as run, and fetch the same content over the same network by other means')
    .option(
      '--with <MEANS>',
      'comma-separated: single, aria2, mptcp, static, or an own script such as ./my.sh; of a live content srt, mptcp; default all of these but scripts'
    )
    .option('--only', 'measure the other means only')
    .option('--no-limits', 'leave iperf3 over each route alone out')
    .option(...PCAP)
    .action(async (file: string, flags: RunFlags) => {
      run.exitCode = await measure(run, file, flags)
    })
}

function simulateCommand(run: CliRun): Command {
  return measuringCommand('simulate')
    .description('as run, by a simulator: in seconds, without root, and the same every time')
    .addOption(
      addWords(
        new Option(
          '--policy <NAME>',
          `who decides: ${POLICY_NAMES.join(', ')}; default: the file's, else ${DEFAULT_POLICY}`
        ),
        POLICY_NAMES
      ).argParser(parsePolicy)
    )
    .addOption(
      new Option('--cutover <MODE>', "when a new pattern applies; default: the file's, else async").choices(
        CUT_OVER_MODES
      )
    )
    .option('--seed <N>', 'for lost packets, one more each run; default 1', parseCount)
    .action(async (file: string, flags: SimulateFlags) => {
      const reporter = labReporter(run, flags)
      const { loadTopology } = await import('../topology/topology-file.ts')
      const { simulateTopology } = await import('../lab/simulate-topology.ts')
      const { policy, cutover, seed = 1 } = flags
      const loaded = await loadTopology(file)
      const repeat = flags.repeat ?? loaded.topology.repeat ?? 1
      run.exitCode = await reportRuns(reporter, { repeat, reports: flags.report }, number =>
        simulateTopology(loaded, { startedAt: new Date(), policy, cutover, seed: seed + number })
      )
    })
}

function measuringCommand(name: string): Command {
  return new Command(name)
    .argument('<FILE>', 'topology file')
    .option('--report <DIR>', 'directory that gets a report in NAME/DATE-TIME', DEFAULT_REPORT_DIRECTORY)
    .option(
      '--repeat <N>',
      "measure so often, and report medians with 95 % intervals; default: the file's, else 1",
      parseRepeat
    )
    .option('--json', 'tell everything as one JSON object a line')
    .option('-q, --quiet', 'tell only what is not met or went wrong')
}

/** Throws UsageError unless the text is a number of runs. */
function parseRepeat(text: string): number {
  const runs = parseCount(text)
  if (runs < 1 || runs > MOST_RUNS) throw new UsageError(`--repeat must be 1 to ${MOST_RUNS}, not '${text}'`)
  return runs
}

async function measure(run: CliRun, file: string, flags: RunFlags): Promise<number> {
  const reporter = labReporter(run, flags)
  const { loadTopology } = await import('../topology/topology-file.ts')
  const { peersFor } = await import('../lab/compare.ts')
  const { runLab } = await import('../lab/lab-run.ts')
  const loaded = await loadTopology(file)
  const known = peersFor(loaded.topology)
  const named = flags.with?.split(',').filter(Boolean) ?? known
  const isLive = loaded.topology.live !== undefined
  const peers = named.map(name => {
    if (name.includes('/') && !isLive) return scriptAt(name)
    const peer = known.find(peer => peer === name)
    if (peer === undefined) throw new UsageError(`--with knows ${known.join(', ')} here, not '${name}'`)
    return peer
  })
  const links = flags.pcap?.split(',').filter(Boolean) ?? []
  const { linkByName } = await import('../topology/topology.ts')
  const pcap = links.map(name => linkByName(loaded.topology, name))
  const stop = new AbortController()
  // SIGHUP counts, too: closing the terminal must not leave a network behind.
  const undo = onEndSignal(() => stop.abort())
  try {
    const repeat = flags.repeat ?? loaded.topology.repeat ?? 1
    const options = {
      peers,
      limits: flags.limits === true && peers.length > 0 && !isLive,
      peersOnly: flags.only === true,
      pcap,
      signal: stop.signal,
      log: (line: string) => reporter.tell({ event: 'lab', message: line }, line)
    }
    return await reportRuns(reporter, { repeat, reports: flags.report }, () => runLab(loaded, options))
  } catch (error) {
    if (!stop.signal.aborted) throw error
    reporter.note('interrupted; everything is taken down')
    return ExitCode.signal
  } finally {
    undo()
  }
}

/** The own script at this path. Throws UsageError where nobody can execute it. */
function scriptAt(path: string): Script {
  try {
    accessSync(path, constants.X_OK)
  } catch (error) {
    throw new UsageError(`--with: ${path} is no file that can be executed (chmod +x)`, error)
  }
  return { name: `./${basename(path)}`, path: resolve(path) }
}

function validateCommand(run: CliRun): Command {
  return new Command('validate')
    .description('check topology files without bringing anything up')
    .argument('<FILE...>', 'topology files')
    .option('--json', 'tell everything as one JSON object a line')
    .action(async (files: string[], flags: { json?: boolean }) => {
      const reporter = labReporter(run, flags)
      const { loadTopology } = await import('../topology/topology-file.ts')
      const { leastTimeMs } = await import('../topology/ideal-time.ts')
      const { ownRateOf } = await import('../topology/model.ts')
      for (const file of files) {
        try {
          const { topology, traces } = await loadTopology(file)
          const idealSeconds = leastTimeMs(topology, traces) / 1000
          const text = `${file}: ${topology.name}, ${topology.nodes.length} nodes, ${ownRateOf(topology) ? 'length' : 'ideal time'} ${idealSeconds.toFixed(2)} s`
          reporter.data({ event: 'valid', file, name: topology.name, idealSeconds }, text)
        } catch (error) {
          run.exitCode = reporter.fail(error)
        }
      }
    })
}

function schemaCommand(run: CliRun): Command {
  return new Command('schema')
    .description('print the JSON Schema of topology files, or of designs for a sweep, for editors')
    .option('--design', 'that of designs')
    .action(async ({ design }: { design?: boolean }) => {
      const { topologyJsonSchema } = await import('../topology/topology-schema.ts')
      const { designJsonSchema } = await import('../lab/design/design-schema.ts')
      run.stdout.write(JSON.stringify(design ? designJsonSchema() : topologyJsonSchema(), null, 2) + '\n')
    })
}
