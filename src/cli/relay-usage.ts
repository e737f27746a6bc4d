import type { Command } from 'commander'
import { ExitCode, UsageError } from '../errors.ts'
import { formatBytes } from '../units/units.ts'
import { type CliRun, defineCommand } from './command.ts'
import { GENERAL_SETTINGS } from './common-settings.ts'
import { ACCOUNTS_SETTINGS, readAccounts } from './relay-accounts.ts'
import { RELAY_SETTINGS } from './relay-start.ts'
import { oneOr } from './settings.ts'
import { table } from './text-table.ts'

const SETTINGS = {
  ...ACCOUNTS_SETTINGS,
  since: oneOr({
    value: 'DATE',
    help: 'first day to tell of (UTC), such as 2026-07-31',
    parse: parseDay,
    fallback: '',
    fallbackText: 'the first day there is'
  }),
  ...GENERAL_SETTINGS
}

/** `relay usage`: what a relay has carried, day by day. */
export function relayUsage(run: CliRun): Command {
  return defineCommand(
    {
      name: 'usage',
      summary: 'tell what a relay has carried, day by day (UTC)',
      role: 'relay',
      settings: SETTINGS,
      alsoInFile: RELAY_SETTINGS,
      run: async ({ home, since }, { reporter, environment }) => {
        const { days, total } = await readAccounts(home, environment, store => ({
          days: store.usageByDay(since),
          total: store.usageSince(since)
        }))
        const rows = [...days, { day: 'total', ...total }].map(({ day, sessions, peers, bytes }) => [
          ...[day, String(sessions), String(peers)],
          formatBytes(bytes)
        ])
        const [head, ...lines] = table([['day', 'sessions', 'peers', 'carried'], ...rows])
        reporter.note(head!)
        for (const [at, day] of days.entries()) reporter.data({ event: 'usage', ...day }, lines[at]!)
        reporter.data({ event: 'total', ...total }, lines.at(-1)!)
        return ExitCode.ok
      }
    },
    run
  )
}

function parseDay(text: string): string {
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined
  // Days that are not in the calendar, such as February 30, would become others.
  if (day && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) return text
  throw new UsageError(`'${text}' is no day such as 2026-07-31`)
}
