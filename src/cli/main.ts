import { setTimeout as delay } from 'node:timers/promises'
import { Command, CommanderError } from 'commander'
import { AnabranchError, ExitCode, UsageError } from '../errors.ts'
import type { CliIo, CliRun } from './command.ts'
import { addCommands, COMMAND_GROUPS, type GroupName, SUMMARY } from './commands.ts'
import { LineSink } from './line-sink.ts'
import { Reporter } from './reporter.ts'
import { endAsked } from './signals.ts'
import { programVersion } from './version.ts'

/** Code of the error by which commander's parser is left where a version is asked for. */
const VERSION_CODE = 'anabranch.version'

/** Time in milliseconds that the reader of our output has, after a signal, to take the rest of it. */
const LAST_WORDS_MS = 500

/** Runs `anabranch`, or one of its groups under its short name, and ends the process with the right exit code. */
export async function main(name: 'anabranch' | GroupName): Promise<void> {
  const stdout = new LineSink(process.stdout, process.env)
  const stderr = new LineSink(process.stderr, process.env)
  process.on('exit', () => stderr.erase())
  const io = {
    stdout,
    stderr,
    terminal: stderr.canDraw ? stderr : undefined,
    environment: process.env
  }
  const code = await runCli(name, process.argv.slice(2), io)
  const flushed = Promise.all([stdout.flushed(), stderr.flushed()])
  // A pipe takes our output no faster than its reader does. A user who asks for the end does not
  // want to wait for that.
  await Promise.race([flushed, endAsked().then(() => delay(LAST_WORDS_MS))])
  process.exit(code)
}

/** What was asked for could not be written to standard output. */
class OutputLostError extends AnabranchError {
  constructor(cause: NodeJS.ErrnoException) {
    const reason = cause.code === 'EBADF' ? 'it is closed' : cause.message
    super('ERR_OUTPUT', `standard output cannot be written: ${reason}`, { exitCode: ExitCode.disk, cause })
  }
}

/** The directory in which the program was started has been removed. */
class AdriftError extends UsageError {
  constructor(cause: unknown) {
    super('the current directory has been removed; change to another one (cd)', cause)
  }
}

function isAdrift(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.syscall === 'uv_cwd'
}

/** Runs one command line. Resolves with the exit code; every error has been told by then. */
export async function runCli(name: 'anabranch' | GroupName, argv: string[], io: CliIo): Promise<number> {
  const json = argv.includes('--json')
  const reporter = new Reporter({ ...io, json, quiet: false, verbosity: 0 })
  const cutShort = Promise.withResolvers<number>()
  const run: CliRun = {
    ...io,
    reporter,
    exitCode: ExitCode.ok,
    isDaemon: false,
    cutShort,
    allFlags: () => flagsOfAll(run)
  }
  const code = await execute(name, argv, run)
  return code === ExitCode.ok && !run.isDaemon ? await codeOfOutput(io) : code
}

async function execute(name: 'anabranch' | GroupName, argv: string[], run: CliRun): Promise<number> {
  const { cutShort } = run
  try {
    const program = createProgram(name, run)
    const parsed = program.parseAsync(argv, { from: 'user' }).catch(error => {
      throw withMeantGroup(error, program, argv)
    })
    const done = parsed.then(() => run.exitCode)
    return await Promise.race([done, cutShort.promise])
  } catch (error) {
    if (error instanceof CommanderError && error.code === VERSION_CODE) {
      const { versionText } = await import('./version-text.ts')
      run.stdout.write(versionText(programVersion()))
      return ExitCode.ok
    }
    if (error instanceof CommanderError && isHelp(error)) {
      return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
    }
    if (isAdrift(error)) return run.reporter.fail(new AdriftError(error))
    return run.reporter.fail(error instanceof CommanderError ? toUsageError(error) : error)
  }
}

/** The exit code that goes with what has become of the output: that it was closed by its reader needs no word. */
async function codeOfOutput(io: CliIo): Promise<number> {
  await Promise.race([io.stdout.flushed?.(), endAsked()])
  const { failure } = io.stdout
  if (failure === undefined) return ExitCode.ok
  if (failure.code === 'EPIPE') return ExitCode.disk
  return new Reporter({ ...io, json: false, quiet: false, verbosity: 0 }).fail(new OutputLostError(failure))
}

function createProgram(name: 'anabranch' | GroupName, run: CliRun): Command {
  const program = new Command(name)
  program.description(name === 'anabranch' ? SUMMARY : COMMAND_GROUPS[name])
  addCommands(program, name, run)
  forAll(program, command =>
    command
      .option('-V, --version', 'print the versions of the program, of Node and of the protocols')
      .on('option:version', () => {
        throw new CommanderError(ExitCode.ok, VERSION_CODE, '')
      })
      .exitOverride()
      .showSuggestionAfterError()
      .allowExcessArguments(false)
      .configureOutput({
        writeOut: text => run.stdout.write(text),
        writeErr: text => run.stderr.write(text),
        // The reporter tells these errors, as all others.
        outputError: () => {}
      })
  )
  return program
}

/** The flags of all commands, those under other short names too. */
function flagsOfAll(run: CliRun): string[] {
  const flags: string[] = []
  forAll(createProgram('anabranch', run), ({ options }) =>
    flags.push(...options.map(({ long }) => long ?? ''))
  )
  return flags
}

function forAll(command: Command, change: (command: Command) => void): void {
  change(command)
  for (const sub of command.commands) forAll(sub, change)
}

function isHelp(error: CommanderError): boolean {
  return ['commander.helpDisplayed', 'commander.help'].includes(error.code)
}

function toUsageError(error: CommanderError): UsageError {
  const text = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
  return new UsageError(`${text}; see --help`, error)
}

/** Where a command is unknown because its group was left out, as in `anabranch fetch`, an error that names the group. */
function withMeantGroup(error: unknown, { commands }: Command, [name = '']: readonly string[]): unknown {
  if (!(error instanceof CommanderError) || error.code !== 'commander.unknownCommand') return error
  const groups = commands.filter(group =>
    group.commands.some(command => command.name() === name || command.aliases().includes(name))
  )
  if (groups.length === 0) return error
  const meant = groups.map(group => `${group.name()} ${name}`).join(' or ')
  return new UsageError(`unknown command '${name}' (Did you mean ${meant}?); see --help`, error)
}
