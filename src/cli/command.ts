import { existsSync } from 'node:fs'
import { Command, Option } from 'commander'
import { UsageError } from '../errors.ts'
import { GENERAL_SETTINGS } from './common-settings.ts'
import type { Terminal } from './fetch-screen.ts'
import { addNotes, addWords, type HelpNotes } from './help-notes.ts'
import { defaultConfigFile } from './paths.ts'
import { Reporter, type Sink } from './reporter.ts'
import {
  environmentPlace,
  flagOf,
  flagPlace,
  type Place,
  resolveSettings,
  type Setting,
  type Settings,
  type Values,
  variableOf
} from './settings.ts'
import { InterruptedError, onEndSignal } from './signals.ts'
import { strangeVariables } from './strange-variables.ts'
import { type Worker, workerOf } from './worker.ts'
import { followParent } from './worker-link.ts'

/** The surroundings of a command that runs: its streams and its environment. */
export interface CliIo {
  stdout: Sink
  stderr: Sink
  /** Standard error, where it is a terminal to draw on. */
  terminal?: Terminal | undefined
  environment: NodeJS.ProcessEnv
}

/** The parts of a run that the commands of one program leave to its caller. */
export interface CliRun extends CliIo {
  /** The reporter, in use from the moment that the command's settings are known. */
  reporter: Reporter
  exitCode: number
  /** Whether the command is a daemon, whose output is a log that need not reach anybody. */
  isDaemon: boolean
  /** The flags of all commands, with their dashes. */
  allFlags(): Iterable<string>
  /** Ends the command before it is done, with an exit code or an error. */
  cutShort: PromiseWithResolvers<number>
}

export interface CommandContext<V = unknown> {
  reporter: Reporter
  /** Standard error, where it is a terminal to draw on. */
  terminal: Terminal | undefined
  environment: NodeJS.ProcessEnv
  /** Reads flags, environment and file once more. Throws UsageError, ConfigurationError. */
  reload(): Promise<V>
  /** The file that settings came from; undefined without one. */
  configFile: string | undefined
  /** Which of several workers this process is; undefined where it is none. */
  worker: Worker | undefined
}

export interface CommandSpec<S extends Settings> {
  name: string
  /** A second name, as people know it from other programs. */
  alias?: string
  summary: string
  /** Role that names the default home and configuration file. */
  role: string
  /** An argument that is left out comes as an empty text, but where there may be many. */
  argument?: { name: string; help: string; isOptional?: boolean; isMany?: boolean }
  /** One that may be left out; only behind an argument that is not `isMany`. */
  secondArgument?: { name: string; help: string }
  settings: S
  /** Three command lines, for the commands that people meet first. */
  examples?: readonly string[]
  /** Exit codes that its help lists. */
  exitCodes?: HelpNotes['exitCodes']
  /** Whether the command runs until a signal stops it. */
  isDaemon?: boolean
  /** Whether the command listens for signals and ends in good order; those that do not are ended at once. */
  endsInOrder?: boolean
  /** For a daemon that may run as several workers: how many there are, and what each of them does. */
  sharedWork?: { count(values: Values<S>): number; part(values: Values<S>, worker: Worker): Values<S> }
  /** Settings of other commands that stand in the same configuration file. Default: a key of another command is refused. */
  alsoInFile?: Settings
  /** Whether the command writes the content to stdout. */
  takesStdout?(values: Values<S>): boolean
  /** Runs the command. Resolves with the exit code. */
  run(values: Values<S>, context: CommandContext<Values<S>>, ...given: string[]): Promise<number>
}

const settingsOfCommands = new WeakMap<Command, Settings>()

/** The settings whose flags a command has; undefined for a group, and for one that has its flags otherwise. */
export function settingsOf(command: Command): Settings | undefined {
  return settingsOfCommands.get(command)
}

/** Makes a command whose flags follow from its own settings and the general ones. */
export function defineCommand<S extends Settings>(
  spec: CommandSpec<S & typeof GENERAL_SETTINGS>,
  run: CliRun
): Command {
  const command = new Command(spec.name).description(spec.summary)
  settingsOfCommands.set(command, spec.settings)
  if (spec.alias !== undefined) command.alias(spec.alias)
  if (spec.argument) {
    const { name, help, isOptional, isMany } = spec.argument
    const text = isMany ? `${name}...` : name
    command.argument(isOptional ? `[${text}]` : `<${text}>`, help)
  }
  if (spec.secondArgument) command.argument(`[${spec.secondArgument.name}]`, spec.secondArgument.help)
  for (const [key, setting] of Object.entries(spec.settings)) command.addOption(optionOf(key, setting))
  const { examples, exitCodes } = spec
  if (examples || exitCodes)
    addNotes(command, { ...(examples ? { examples } : {}), ...(exitCodes ? { exitCodes } : {}) })
  return command.action(async () => {
    refuseFlagsAsValues(spec.settings, command.opts())
    const { sharedWork } = spec
    const worker = sharedWork && workerOf(run.environment)
    const read = async () => {
      const { configFile, places } = await placesOf(spec, command.opts(), run.environment)
      const values = resolveSettings(spec.settings, places)
      return { configFile, values: worker ? sharedWork!.part(values, worker) : values }
    }
    const { configFile, values } = await read()
    const reporter = reporterFor(values, { stdoutTaken: spec.takesStdout?.(values) ?? false, worker }, run)
    run.reporter = reporter
    if (!worker) warnOfVariables(spec.settings, run)
    if (spec.isDaemon) await becomeDaemon(run, worker)
    else if (!spec.endsInOrder) endAtOnce(run)
    const reload = async () => (await read()).values
    const { environment, terminal } = run
    const context = { reporter, terminal, environment, reload, configFile, worker }
    if (!worker && sharedWork && sharedWork.count(values) > 1) {
      const { runWorkers } = await import('./workers.ts')
      run.exitCode = await runWorkers(sharedWork.count(values), context)
      return
    }
    const isLeftOut = command.args.length === 0 && !spec.argument?.isMany
    run.exitCode = await spec.run(values, context, ...(isLeftOut ? [''] : command.args))
  })
}

/**
 * Refuses a value that is one of the command's own flags: the value before it was forgotten. Throws
 * UsageError.
 */
function refuseFlagsAsValues(settings: Settings, options: Record<string, unknown>): void {
  const flags = Object.keys(settings).map(flagOf)
  for (const [key, { value }] of Object.entries(settings)) {
    const texts = value === undefined ? [] : [options[key] ?? []].flat()
    const flag = flags.find(each => texts.includes(each))
    if (flag !== undefined)
      throw new UsageError(`${flagOf(key)} needs ${value}, and ${flag} is a flag; see --help`)
  }
}

/** Warns of variables that look like settings and are none of any command. */
function warnOfVariables(settings: Settings, { reporter, environment, allFlags }: CliRun): void {
  const ownFlags = Object.keys(settings).map(flagOf)
  // All commands are looked at only where there is a variable that is not of this one.
  if (strangeVariables(environment, ownFlags).length === 0) return
  for (const message of strangeVariables(environment, allFlags()))
    reporter.tell({ event: 'problem', message }, `warning: ${message}`)
}

/** Lets signals end the command at once. */
export function endAtOnce({ cutShort }: CliRun): void {
  onEndSignal(signal => cutShort.reject(new InterruptedError(signal)))
}

async function becomeDaemon(run: CliRun, worker: Worker | undefined): Promise<void> {
  const { attendSignals } = await import('./daemon.ts')
  run.isDaemon = true
  attendSignals(run.reporter, run.cutShort)
  if (worker) followParent()
}

/** The places of settings: flag over environment over file; the default comes from the setting. */
async function placesOf(
  { role, settings, alsoInFile }: Pick<CommandSpec<Settings>, 'role' | 'settings' | 'alsoInFile'>,
  options: Record<string, unknown>,
  environment: NodeJS.ProcessEnv
): Promise<{ configFile: string | undefined; places: Place[] }> {
  const typed = [flagPlace(options), environmentPlace(settings, environment)]
  const { config } = resolveSettings({ config: GENERAL_SETTINGS.config }, typed)
  const configFile = config ?? existing(defaultConfigFile(role, environment))
  if (configFile === undefined) return { configFile, places: typed }
  // YAML and schemas take time to load, so they are loaded only where there is a file.
  const { configFilePlace } = await import('./config-file.ts')
  return { configFile, places: [...typed, await configFilePlace(configFile, { ...alsoInFile, ...settings })] }
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined
}

function reporterFor(
  values: Values<typeof GENERAL_SETTINGS>,
  { stdoutTaken, worker }: { stdoutTaken: boolean; worker: Worker | undefined },
  { stdout, stderr }: CliIo
): Reporter {
  const { json, quiet, verbose } = values
  const streams = { stdout, stderr, stdoutTaken }
  return new Reporter({
    json,
    quiet,
    verbosity: verbose,
    ...streams,
    ...(worker && { worker: worker.number })
  })
}

function optionOf(key: string, setting: Setting<unknown>): Option {
  const flags = [setting.short && `-${setting.short}`, flagOf(key)].filter(Boolean).join(', ')
  const notes = [
    setting.many && setting.value && 'repeatable',
    setting.fallbackText && `default ${setting.fallbackText}`,
    variableOf(key)
  ].filter(Boolean)
  const option = new Option(
    setting.value === undefined ? flags : `${flags} <${setting.value}>`,
    `${setting.help} (${notes.join('; ')})`
  )
  if (setting.words) addWords(option, setting.words)
  if (setting.value === undefined && setting.many) {
    return option.argParser((_: string, count: number | undefined) => (count ?? 0) + 1)
  }
  if (!setting.many) return option
  return option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text])
}
