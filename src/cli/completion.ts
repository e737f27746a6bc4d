import { Argument, Command } from 'commander'
import { ExitCode } from '../errors.ts'
import type { CliRun } from './command.ts'
import { describeCommand } from './reference/command-tree.ts'
import { completionScript, SHELLS, type Shell } from './reference/completion.ts'

/** `completion SHELL`: prints the script by which a shell completes our commands. */
export function completionCommand(run: CliRun, shortNames: readonly string[]): Command {
  const command = new Command('completion').description(
    'print a script by which a shell completes these commands'
  )
  command.addArgument(new Argument('<SHELL>', 'the shell').choices(SHELLS))
  return command.action((shell: Shell) => {
    run.stdout.write(completionScript(shell, describeCommand(command.parent!), shortNames))
    run.exitCode = ExitCode.ok
  })
}
