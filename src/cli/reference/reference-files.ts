import { Command } from 'commander'
import { ExitCode } from '../../errors.ts'
import { topologyJsonSchema } from '../../topology/topology-schema.ts'
import { addCommands, SUMMARY } from '../commands.ts'
import { DIRECTOR_START_SETTINGS } from '../director-start.ts'
import { ALL_METRICS } from '../metrics/all-metrics.ts'
import { RELAY_SETTINGS } from '../relay-start.ts'
import { Reporter } from '../reporter.ts'
import { SOURCE_SETTINGS } from '../source-start.ts'
import { allCommands, type CommandInfo, describeCommand } from './command-tree.ts'
import { errorsIn, errorsPage } from './errors-page.ts'
import { flagsPage } from './flags-page.ts'
import { manPage, manPageName } from './man-page.ts'
import { metricsPage } from './metrics-page.ts'
import { sampleConfig } from './sample-config.ts'
import { topologyPage } from './topology-page.ts'

/** The files of the repository that follow from the code, by their paths in it. `sources`: the texts of all source files. */
export function referenceFiles(sources: readonly string[]): Record<string, string> {
  return {
    'docs/flags.md': flagsPage(programTree()),
    'docs/errors.md': errorsPage(sources.flatMap(errorsIn), ExitCode),
    'docs/topology.md': topologyPage(topologyJsonSchema()),
    'docs/metrics.md': metricsPage(ALL_METRICS),
    'deploy/director.yaml': sampleConfig('director start', DIRECTOR_START_SETTINGS),
    'deploy/relay.yaml': sampleConfig('relay start', RELAY_SETTINGS),
    'deploy/source.yaml': sampleConfig('anabranch source start', SOURCE_SETTINGS)
  }
}

/** The pages of the manual, by their file names. `version`: that of the program. */
export function manualPages(version: string): Record<string, string> {
  return Object.fromEntries(
    allCommands(programTree()).map(info => [`${manPageName(info)}.1`, manPage(info, version)])
  )
}

/** All commands, as their help describes them. */
export function programTree(): CommandInfo {
  const sink = { write: () => true }
  const io = { stdout: sink, stderr: sink, environment: {} }
  const program = new Command('anabranch').description(SUMMARY)
  addCommands(program, 'anabranch', {
    ...io,
    reporter: new Reporter({ ...io, json: false, quiet: true, verbosity: 0 }),
    exitCode: ExitCode.ok,
    isDaemon: false,
    allFlags: () => [],
    cutShort: Promise.withResolvers<number>()
  })
  return describeCommand(program)
}
