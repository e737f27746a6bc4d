import type { Command } from 'commander'
import type { AccessRules } from '../director/access.ts'
import type { Director } from '../director/director.ts'
import type { DirectorEvent } from '../director/director-event.ts'
import type { SharedState } from '../director/shared-state.ts'
import { UsageError } from '../errors.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import { DISCOVER_SETTINGS, GENERAL_SETTINGS, listenSetting, NODE_SETTINGS } from './common-settings.ts'
import { daemonAnnouncer, rereadOnHangUp, runUntilSignal } from './daemon.ts'
import { type ServedPage, serveDirectorPage } from './director-page.ts'
import { stopAll } from './member.ts'
import { DirectorMetrics } from './metrics/director-metrics.ts'
import { METRICS_SETTINGS, serveMetrics } from './metrics.ts'
import { daemonNodeOptions } from './node-options.ts'
import { pageSettings, readPageToken } from './page-settings.ts'
import { defaultHome } from './paths.ts'
import type { Reporter } from './reporter.ts'
import { one, type Values } from './settings.ts'
import { STATE_SETTINGS } from './state-setting.ts'
import { readToken, tokenSetting } from './token.ts'

const DEFAULT_PORT = 4001

const ACCESS_SETTINGS = {
  access: one({
    value: 'FILE',
    help: 'YAML file with rules that say who may register and ask; without one and without a token everybody may',
    parse: text => text
  }),
  ...tokenSetting('file with one token that all who register or ask have to give')
}

/** All settings of `director start`. */
export const DIRECTOR_START_SETTINGS = {
  ...ACCESS_SETTINGS,
  ...STATE_SETTINGS,
  ...listenSetting(DEFAULT_PORT),
  ...NODE_SETTINGS,
  ...DISCOVER_SETTINGS,
  ...METRICS_SETTINGS,
  ...pageSettings('what the director knows'),
  ...GENERAL_SETTINGS
}

type AccessValues = Values<typeof ACCESS_SETTINGS>
type StateValues = Values<typeof STATE_SETTINGS>

/**
 * `director start`: runs a director until it is told to stop. On SIGHUP it reads the access rules
 * or the token file again.
 */
export function directorStart(run: CliRun): Command {
  return defineCommand(
    {
      name: 'start',
      summary: 'run a director; SIGHUP reads its access rules again',
      role: 'director',
      isDaemon: true,
      settings: DIRECTOR_START_SETTINGS,
      examples: [
        'anabranch director start',
        'anabranch director start --access access.yaml',
        'anabranch director start --listen 0.0.0.0:4001 --metrics 127.0.0.1:9100'
      ],
      run: async (values, context) => {
        const { reporter, environment } = context
        const { createNode } = await import('../transport/node.ts')
        const { announceNearby } = await import('../discovery/neighborhood.ts')
        const { Director } = await import('../director/director.ts')
        const { DIRECTOR_CONNECTIONS } = await import('../director/limits.ts')
        const { openHome } = await import('../transport/home.ts')
        const access = await readAccess(values, environment)
        await readPageToken(values)
        const state = await openState(values)
        const home = values.home ?? defaultHome('director', environment)
        const privateKey = await openHome(home)
        const options = await daemonNodeOptions(values, { reporter, environment })
        const node = await createNode({ ...options, privateKey, maxInbound: DIRECTOR_CONNECTIONS })
        const directorMetrics = new DirectorMetrics(state !== undefined)
        let page: ServedPage | undefined
        const director = new Director({
          node,
          access,
          privateKey,
          ...(state ? { state } : {}),
          onEvent: event => {
            directorMetrics.onEvent(event)
            tellMember(reporter, event)
            page?.tell(event, describe(event))
          },
          onFailure: error => {
            directorMetrics.onFailure()
            tellFailure(reporter, error)
          }
        })
        const metrics = await serveMetrics(values.metrics, directorMetrics.observed(director))
        const own = { role: 'director', home, node, metrics }
        const announce = await daemonAnnouncer(context, own, () => ({
          figures: figuresOf(director)
        }))
        await director.start()
        directorMetrics.isStarted = true
        rereadAccess(director, values, { reporter, environment })
        announce()
        page = await serveDirectorPage(values, reporter, director, node.peerId.toString())
        const stopAnnouncing = values.discover ? await announceNearby(node, 'director') : undefined
        return await runUntilSignal(() =>
          stopAll(
            page && (() => page!.stop()),
            stopAnnouncing,
            () => director.stop(),
            async () => await node.stop(),
            async () => metrics?.stop()
          )
        )
      }
    },
    run
  )
}

/** What `anabranch status` shows. */
function figuresOf({ counts: { nodes, contents, watches } }: Director) {
  return { nodes, contents, watches }
}

/**
 * Reads who may do what: rules, or a token for all, or neither. Throws UsageError and
 * ConfigurationError.
 */
async function readAccess(values: AccessValues, environment: NodeJS.ProcessEnv): Promise<AccessRules> {
  const { token } = await readToken(values, environment)
  if (values.access === undefined) {
    const { sharedToken } = await import('../director/access.ts')
    return token === undefined ? {} : sharedToken(token)
  }
  if (token !== undefined) {
    throw new UsageError(`--access and a token for all exclude each other; put it into ${values.access}`)
  }
  const { loadAccess } = await import('../director/access-file.ts')
  return await loadAccess(values.access)
}

/** What is shared with other directors; nothing without `--state`. Throws UsageError and ConfigurationError. */
async function openState({ state, stateCredentials }: StateValues): Promise<SharedState | undefined> {
  if (!state && stateCredentials !== undefined)
    throw new UsageError('--state-credentials is of no use without --state')
  if (!state) return undefined
  const { NatsState } = await import('../director/nats-state.ts')
  const { checkCredentials } = await import('./state-setting.ts')
  if (stateCredentials === undefined) return new NatsState(state)
  await checkCredentials(stateCredentials)
  return new NatsState({ ...state, credentialsFile: stateCredentials })
}

/** Without a file there is nothing to read again. */
function rereadAccess(
  director: Director,
  values: AccessValues,
  { reporter, environment }: Pick<CommandContext, 'reporter' | 'environment'>
): void {
  const file = values.access ?? values.tokenFile
  if (file === undefined) return
  rereadOnHangUp(reporter, async () => {
    director.setAccess(await readAccess(values, environment))
    reporter.tell({ event: 'reloaded', file }, `access rules read from ${file}`)
  })
}

/** Tells why a request has failed, since the answer told the peer to look here. */
function tellFailure(reporter: Reporter, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  reporter.tell({ event: 'problem', message }, `a request failed: ${message}`)
  if (error instanceof Error) reporter.note((error.stack ?? '').split('\n'), 2)
}

function tellMember(reporter: Reporter, event: DirectorEvent): void {
  const { kind, ...rest } = event
  if (kind === 'stateProblem') reporter.tell({ event: 'problem', ...rest }, describe(event))
  else reporter.tell({ event: kind, ...rest }, describe(event), OF_ALL.has(kind) ? 0 : 1)
}

/** What is told without -v, too. */
const OF_ALL: ReadonlySet<string> = new Set(['stateFound', 'stateLost', 'directorFound', 'directorLost'])

function describe(event: DirectorEvent): string {
  switch (event.kind) {
    case 'joined': {
      const vouched = event.vouchedBy === undefined ? '' : `, vouched for by ${event.vouchedBy}`
      return `${event.role} ${event.peerId} is there${vouched}`
    }
    case 'refused':
      return `${event.role} ${event.peerId} refused: ${event.message}`
    case 'unreached': {
      const which = event.addresses.map(({ address, reason }) => `${address} (${reason})`)
      return `${event.peerId} was not found at ${which.join(', ')}`
    }
    case 'complaint': {
      const who = event.hosts === 1 ? 'a host complains' : `${event.hosts} hosts complain`
      return `${who} of the relay ${event.peerId}: ${event.fault}`
    }
    case 'left':
      return `${event.peerId} left: ${event.reason}`
    case 'stateFound':
      return 'the state is shared with the other directors'
    case 'stateLost':
      return 'the shared state is away: answers come from what this director knows'
    case 'directorFound':
      return `the director ${event.peerId} shares its nodes`
    case 'directorLost':
      return `the director ${event.peerId} is silent: nodes that it alone has told of are left out`
    case 'stateProblem':
      return event.message
  }
}
