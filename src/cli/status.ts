import type { Command } from 'commander'
import { ExitCode } from '../errors.ts'
import { type CliRun, defineCommand } from './command.ts'
import { GENERAL_SETTINGS } from './common-settings.ts'
import { FETCH_SETTINGS } from './fetch-settings.ts'

/** `status`: what this user runs on this host. */
export function statusCommand(run: CliRun): Command {
  return defineCommand(
    {
      name: 'status',
      summary: 'list the daemons and fetches of this user that run on this host',
      role: 'client',
      settings: GENERAL_SETTINGS,
      alsoInFile: FETCH_SETTINGS,
      run: async (_, { reporter, environment }) => {
        const { controlDirectory } = await import('./control-place.ts')
        const { runningFetches } = await import('./control-asking.ts')
        const { runningDaemons } = await import('./status-asking.ts')
        const { daemonLines, fetchStatusLine } = await import('./status-view.ts')
        const directory = controlDirectory(environment)
        const [daemons, fetches] = await Promise.all([runningDaemons(directory), runningFetches(directory)])
        const lines = daemonLines(daemons)
        for (const [at, { relay: _, source: __, ...daemon }] of daemons.entries())
          reporter.data({ event: 'running', ...daemon }, lines[at]!)
        for (const { pid, state, close } of fetches) {
          reporter.data({ event: 'fetch', pid, ...state }, fetchStatusLine(pid, state))
          close()
        }
        if (daemons.length + fetches.length === 0) reporter.note('no daemon and no fetch of this user runs')
        return ExitCode.ok
      }
    },
    run
  )
}
