import type { Command } from 'commander'
import type { Offer } from '../client/offer-inbox.ts'
import { requestOf } from '../client/ticket-request.ts'
import { UsageError } from '../errors.ts'
import { toHex } from '../protocol/bytes.ts'
import { systemScheduler } from '../scheduler.ts'
import { formatBytes } from '../units/units.ts'
import { runFetch } from './client-fetch.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import { GENERAL_SETTINGS, listenSetting, NODE_SETTINGS } from './common-settings.ts'
import { announceListening, runUntilSignal } from './daemon.ts'
import { FETCH_SETTINGS } from './fetch-settings.ts'
import { stopAll } from './member.ts'
import { daemonNodeOptions } from './node-options.ts'
import { defaultHome } from './paths.ts'
import { plainText } from './plain-text.ts'
import { one, resolveSettings, toggle, type Values } from './settings.ts'

const DEFAULT_PORT = 4004

const SETTINGS = {
  output: one({
    value: 'DIR',
    short: 'o',
    help: 'directory for what comes; default the current one',
    parse: text => text
  }),
  yes: toggle('take all that anybody offers, without a question', 'y'),
  ...listenSetting(DEFAULT_PORT),
  ...NODE_SETTINGS,
  ...GENERAL_SETTINGS
}

type ReceiveValues = Values<typeof SETTINGS>

/** `client receive`: waits for others who share files with this peer, and asks which of these it is to fetch. */
export function clientReceive(run: CliRun): Command {
  return defineCommand(
    {
      name: 'receive',
      summary: 'wait for files that others send with source share --to, and fetch those that are wanted',
      role: 'receive',
      isDaemon: true,
      settings: SETTINGS,
      run: runReceive
    },
    run
  )
}

async function runReceive(values: ReceiveValues, context: CommandContext): Promise<number> {
  const { reporter, environment } = context
  if (!values.yes && !process.stdin.isTTY)
    throw new UsageError('There is no terminal to ask at; give --yes to take all that is offered')
  const { openHome } = await import('../transport/home.ts')
  const { OfferInbox } = await import('../client/offer-inbox.ts')
  const { createNode } = await import('../transport/node.ts')
  const privateKey = await openHome(values.home ?? defaultHome('receive', environment))
  const node = await createNode({ ...(await daemonNodeOptions(values, context)), privateKey })
  const inbox = new OfferInbox({
    node,
    onOffer: (offer, answer) => decide(offer, answer, values, context),
    scheduler: systemScheduler
  })
  await inbox.start()
  const addresses = node.getMultiaddrs().map(String)
  announceListening(reporter, { role: 'receiver', peerId: node.peerId.toString(), addresses })
  return await runUntilSignal(() =>
    stopAll(
      () => inbox.stop(),
      async () => await node.stop()
    )
  )
}

/** Asks whether an offer is wanted, and fetches what is. */
async function decide(
  { ticket, peerId }: Offer,
  answer: (isTaken: boolean) => void,
  { output = '.', yes }: ReceiveValues,
  context: CommandContext
): Promise<void> {
  const { reporter } = context
  const { name, sizeBytes, rootHash } = ticket
  const event = { event: 'offer' as const, name, bytes: sizeBytes, rootHash: toHex(rootHash), peerId }
  reporter.tell(event, `${peerId} offers ${JSON.stringify(name)}, ${formatBytes(sizeBytes)}`)
  const isTaken = yes || (await askAtTerminal(`Fetch ${JSON.stringify(name)}? [y/N] `))
  answer(isTaken)
  if (!isTaken) return
  const values = { ...resolveSettings(FETCH_SETTINGS, []), output: `${output}/` }
  try {
    await runFetch(values, context, name, requestOf(ticket))
  } catch (error) {
    reporter.fail(error, name)
  }
}

/** Whether the next line that is typed says yes. */
async function askAtTerminal(question: string): Promise<boolean> {
  process.stderr.write(plainText(question))
  const { createInterface } = await import('node:readline')
  // It leaves Ctrl-C to the terminal, which makes a signal of it.
  const lines = createInterface({ input: process.stdin, terminal: false })
  const answered = Promise.withResolvers<string>()
  lines.once('line', answered.resolve).once('close', () => answered.resolve(''))
  const text = await answered.promise
  lines.close()
  return /^\s*y(es)?\s*$/i.test(text)
}
