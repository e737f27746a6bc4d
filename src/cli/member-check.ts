import type { Command } from 'commander'
import { AnabranchError, ExitCode, UsageError } from '../errors.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import { DIRECTOR_SETTINGS, GENERAL_SETTINGS, listenSetting, NODE_SETTINGS } from './common-settings.ts'
import { concludeCheck } from './conclude-check.ts'
import { daemonNodeOptions } from './node-options.ts'
import { RELAY_SETTINGS } from './relay-start.ts'
import type { Settings, Values } from './settings.ts'
import { SOURCE_SETTINGS } from './source-start.ts'
import { readToken } from './token.ts'

/** A check of a node needs the node's own port, which is taken. */
export class PortTakenError extends AnabranchError {
  constructor(role: string, listen: string[], cause: AnabranchError) {
    super(
      'ERR_PORT_TAKEN',
      `The port of ${listen.join(', ')} is in use. Where the ${role} itself runs, stop it for the check, or look at its ` +
        'log: a `problem` there tells at which addresses it was not reached',
      { exitCode: ExitCode.usage, cause }
    )
  }
}

/** `relay check`: tells whether others can reach a relay that would listen here. */
export function relayCheck(run: CliRun): Command {
  return memberCheck('relay', RELAY_SETTINGS, run)
}

/** `source check`: tells whether others can reach a source that would listen here. */
export function sourceCheck(run: CliRun): Command {
  return memberCheck('source', SOURCE_SETTINGS, run)
}

const CHECK_SETTINGS = {
  ...listenSetting(0),
  ...DIRECTOR_SETTINGS,
  announce: NODE_SETTINGS.announce,
  proxy: NODE_SETTINGS.proxy,
  ...GENERAL_SETTINGS
}

type CheckValues = Values<typeof CHECK_SETTINGS>

/** The check reads the flags that matter to it, and the configuration file of the daemon with all that it has. */
function memberCheck(
  role: 'relay' | 'source',
  started: Settings & Pick<typeof CHECK_SETTINGS, 'listen'>,
  run: CliRun
): Command {
  return defineCommand(
    {
      name: 'check',
      summary: `see whether others can reach a ${role} here; it must not run meanwhile`,
      role,
      settings: { ...CHECK_SETTINGS, listen: started.listen },
      alsoInFile: started,
      run: (values, context) => runCheck(role, values, context)
    },
    run
  )
}

async function runCheck(
  role: 'relay' | 'source',
  values: CheckValues,
  { reporter, environment }: CommandContext
): Promise<number> {
  const { director, listen } = values
  if (director.length === 0) throw new UsageError('Say whom to ask with --director ADDRESS')
  const { createNode, ListenError } = await import('../transport/node.ts')
  const { probeAsMember } = await import('../check/member-probe.ts')
  const { directorFindings } = await import('../check/director-findings.ts')
  const { addressFindings } = await import('../check/address-findings.ts')
  const { hostFindings } = await import('../check/host-findings.ts')
  const { readHost } = await import('../check/host.ts')
  const token = await readToken(values, environment)
  // An identity of its own keeps the check apart from the node itself, which others may still know.
  const options = await daemonNodeOptions(values, { reporter, environment })
  const node = await createNode(options).catch(error => {
    const isTaken = error instanceof ListenError && /EADDRINUSE/.test(String(error.cause))
    throw isTaken ? new PortTakenError(role, listen, error) : error
  })
  try {
    const host = await readHost()
    const own = node.getMultiaddrs().map(String)
    reporter.note('waiting for the directors to try the addresses of this node')
    const directors = await probeAsMember(node, own, { role, directors: director, ...token })
    return concludeCheck(reporter, { role, directors, host }, [
      ...directorFindings(directors),
      ...directors.flatMap(facts => addressFindings(facts, own)),
      ...hostFindings(host, { role })
    ])
  } finally {
    await node.stop()
  }
}
