import type { Command } from 'commander'
import { clientCheck } from './client-check.ts'
import { clientControl } from './client-control.ts'
import { clientFetch } from './client-fetch.ts'
import { clientGateway } from './client-gateway.ts'
import { clientList } from './client-list.ts'
import { clientProxy } from './client-proxy.ts'
import { clientReceive } from './client-receive.ts'
import { clientRoutes } from './client-routes.ts'
import { clientVerify } from './client-verify.ts'
import type { CliRun } from './command.ts'
import { completionCommand } from './completion.ts'
import { directorStart } from './director-start.ts'
import { labCommand } from './lab.ts'
import { relayCheck, sourceCheck } from './member-check.ts'
import { relayReceipts } from './relay-receipts.ts'
import { relayStart } from './relay-start.ts'
import { relayUsage } from './relay-usage.ts'
import { replayCommand } from './replay.ts'
import { sourcePublish } from './source-publish.ts'
import { sourceShare } from './source-share.ts'
import { sourceStart } from './source-start.ts'
import { statusCommand } from './status.ts'
import { topCommand } from './top.ts'

/** What the whole program does. */
export const SUMMARY = 'One data stream from one source to one client over several relay routes at once'

/** The nouns that have a short command name of their own, with their purpose. */
export const COMMAND_GROUPS = {
  director: 'Knows who holds what and which routes lead there',
  source: 'Holds contents and sends their segments',
  relay: 'Stands between: forwards requests and segments',
  client: 'Fetches contents over several routes at once'
} as const

export type GroupName = keyof typeof COMMAND_GROUPS

/** Those groups that are commands of their own; `source` is a command of the shells themselves. */
const SHORT_NAMES: readonly GroupName[] = ['director', 'relay', 'client']

const VERBS: Record<GroupName, Array<(run: CliRun) => Command>> = {
  director: [directorStart],
  source: [sourceStart, sourceShare, sourcePublish, sourceCheck],
  relay: [relayStart, relayCheck, relayUsage, relayReceipts],
  client: [
    ...[clientFetch, clientControl, clientGateway, clientProxy, clientList, clientVerify],
    ...[clientReceive, clientCheck, clientRoutes]
  ]
}

/** Adds all commands or, under a short name, those of its group. */
export function addCommands(program: Command, name: 'anabranch' | GroupName, run: CliRun): void {
  if (name !== 'anabranch') {
    for (const define of VERBS[name]) program.addCommand(define(run))
    return
  }
  for (const [group, summary] of Object.entries(COMMAND_GROUPS)) {
    const command = program.command(group).description(summary)
    for (const define of VERBS[group as GroupName]) command.addCommand(define(run))
  }
  program.addCommand(statusCommand(run))
  program.addCommand(topCommand(run))
  program.addCommand(labCommand(run))
  program.addCommand(replayCommand(run))
  program.addCommand(completionCommand(run, SHORT_NAMES))
}
