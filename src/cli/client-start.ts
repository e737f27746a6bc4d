import { Client } from '../client/client.ts'
import type { FindRequest } from '../client/fetch-options.ts'
import { clientNodeOptions, wantedContent } from './client-settings.ts'
import type { CommandContext } from './command.ts'
import { type ClientValues, questionOf, warnOfClear } from './fetch-settings.ts'
import { readToken } from './token.ts'
import { uplinkOptions } from './uplink-settings.ts'

/** What the flags say of every content that is looked for. */
export type CommonQuestion = Omit<FindRequest, 'name' | 'rootHash' | 'signal'>

/** Starts a client as its flags say, for many contents. Throws UsageError, and what Client.start throws. */
export async function startClient(
  values: ClientValues,
  { reporter, environment }: CommandContext,
  readMemoryBytes?: number
): Promise<{ client: Client; question: CommonQuestion }> {
  const { directors, neighbors, neighborhood, routes, sameNetwork, direct, paths } = await questionOf(values)
  const { uplinks, relays } = uplinkOptions(values, reporter)
  const { from } = await wantedContent({ from: values.from, root: undefined })
  warnOfClear(values, reporter)
  const client = await Client.start({
    directors,
    node: await clientNodeOptions(values, environment),
    clear: values.clear,
    ...(await readToken(values, environment)),
    ...(neighbors ? { neighbors } : {}),
    ...(neighborhood ? { neighborhood } : {}),
    ...(readMemoryBytes === undefined ? {} : { readMemoryBytes }),
    ...(uplinks ? { uplinks } : {})
  })
  const question = {
    ...(routes ? { routes } : {}),
    ...(relays ? { relays } : {}),
    ...(sameNetwork ? { sameNetwork } : {}),
    ...(direct ? { direct } : {}),
    ...(paths ? { paths } : {}),
    ...(from ? { from } : {})
  }
  return { client, question }
}
