import { createReadStream } from 'node:fs'
import type { Command } from 'commander'
import { ConfigurationError, ExitCode } from '../errors.ts'
import type { ReceiptSum } from '../relay/receipt-export.ts'
import { formatBytes } from '../units/units.ts'
import { type CliRun, defineCommand } from './command.ts'
import { GENERAL_SETTINGS } from './common-settings.ts'
import { ACCOUNTS_SETTINGS, readAccounts } from './relay-accounts.ts'
import { RELAY_SETTINGS } from './relay-start.ts'
import type { Reporter } from './reporter.ts'
import { one } from './settings.ts'

const SETTINGS = {
  ...ACCOUNTS_SETTINGS,
  verify: one({
    value: 'FILE',
    help: 'check receipts that --json has written into this file, of whatever relay, instead',
    parse: text => text
  }),
  ...GENERAL_SETTINGS
}

/** `relay receipts`: what clients have signed for; with --verify, whether that is genuine. */
export function relayReceipts(run: CliRun): Command {
  return defineCommand(
    {
      name: 'receipts',
      summary: 'tell what clients have signed for, or check the receipts in a file',
      role: 'relay',
      settings: SETTINGS,
      alsoInFile: RELAY_SETTINGS,
      run: async ({ home, verify }, { reporter, environment }) => {
        if (verify !== undefined) return await verifyFile(verify, reporter)
        const receipts = await readAccounts(home, environment, store => store.receipts())
        return await tellReceipts(receipts, reporter)
      }
    },
    run
  )
}

async function tellReceipts(receipts: Uint8Array[], reporter: Reporter): Promise<number> {
  const { readReceipt } = await import('../protocol/receipt.ts')
  const { exportReceipt, ReceiptSum } = await import('../relay/receipt-export.ts')
  const sum = new ReceiptSum()
  for (const signed of receipts) {
    sum.add(readReceipt(signed))
    const receipt = exportReceipt(signed)
    const at = new Date(receipt.atMs).toISOString().slice(0, 16).replace('T', ' ')
    reporter.data(
      { event: 'receipt', ...receipt },
      `${at}  ${receipt.client}  ${receipt.sessionId} ${receipt.route}  ${formatBytes(receipt.bytes)}`
    )
  }
  return tellTotal(sum, reporter)
}

async function verifyFile(path: string, reporter: Reporter): Promise<number> {
  const { importReceipt, ReceiptSum } = await import('../relay/receipt-export.ts')
  const sum = new ReceiptSum()
  let line = 0
  let invalid = 0
  for await (const text of linesOf(path)) {
    line++
    const exported = parsed(text)
    if (exported !== undefined && exported?.event !== 'receipt') continue
    try {
      sum.add(await importReceipt(exported))
    } catch (error) {
      invalid++
      const { message } = error as Error
      reporter.data({ event: 'invalid', line, message }, `line ${line}: ${message}`)
    }
  }
  tellTotal(sum, reporter)
  return invalid === 0 ? ExitCode.ok : ExitCode.integrity
}

function tellTotal({ total }: ReceiptSum, reporter: Reporter): number {
  const { streams, clients, bytes } = total
  reporter.data(
    { event: 'total', ...total },
    `total: ${formatBytes(bytes)} over ${streams} routes, signed for by ${clients} clients`
  )
  return ExitCode.ok
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    const { createInterface } = await import('node:readline')
    yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
  } catch (error) {
    throw new ConfigurationError(`Cannot read the receipts in ${path}: ${(error as Error).message}`, error)
  }
}

/** The value of a line; undefined where it is not JSON. */
function parsed(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
