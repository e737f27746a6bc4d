import type { Command } from 'commander'
import type { Director, DirectorEvent } from '../director/director.ts'
import { type CliRun, defineCommand } from './command.ts'
import { GENERAL_SETTINGS, listenSetting, NODE_SETTINGS } from './common-settings.ts'
import { announceListening, runUntilSignal } from './daemon.ts'
import { stopAll } from './member.ts'
import { METRICS_SETTINGS, type Metric, serveMetrics } from './metrics.ts'
import { defaultHome } from './paths.ts'
import type { Reporter } from './reporter.ts'

const DEFAULT_PORT = 4001

/** `director start`: runs a director until it is told to stop. */
export function directorStart(run: CliRun): Command {
  return defineCommand(
    {
      name: 'start',
      summary: 'run a director',
      role: 'director',
      settings: {
        ...listenSetting(DEFAULT_PORT),
        ...NODE_SETTINGS,
        ...METRICS_SETTINGS,
        ...GENERAL_SETTINGS
      },
      run: async (values, { reporter, environment }) => {
        const { createNode } = await import('../transport/node.ts')
        const { Director } = await import('../director/director.ts')
        const { openHome } = await import('./home.ts')
        const privateKey = await openHome(values.home ?? defaultHome('director', environment))
        const { listen, announce } = values
        const node = await createNode({ listen, announce, privateKey })
        const director = new Director({
          node,
          privateKey,
          onEvent: event => tellMember(reporter, event),
          onFailure: error => tellFailure(reporter, error)
        })
        await director.start()
        const addresses = node.getMultiaddrs().map(String)
        announceListening(reporter, { role: 'director', peerId: node.peerId.toString(), addresses })
        const stopMetrics = await serveMetrics(values.metrics, reporter, () => metricsOf(director))
        return await runUntilSignal(reporter, () =>
          stopAll(
            stopMetrics,
            () => director.stop(),
            async () => await node.stop()
          )
        )
      }
    },
    run
  )
}

function metricsOf(director: Director): Metric[] {
  const { nodes, contents, watches } = director.counts
  return [
    { name: 'nodes', help: 'Registered sources and relays.', type: 'gauge', value: nodes },
    { name: 'contents', help: 'Contents of all sources.', type: 'gauge', value: contents },
    { name: 'watches', help: 'Queries that are watched.', type: 'gauge', value: watches }
  ]
}

/** Tells why a request has failed, since the answer told the peer to look here. */
function tellFailure(reporter: Reporter, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  reporter.tell({ event: 'problem', message }, `a request failed: ${message}`)
  if (error instanceof Error) reporter.note((error.stack ?? '').split('\n'), 2)
}

function tellMember(reporter: Reporter, event: DirectorEvent): void {
  const { kind, ...rest } = event
  const text =
    event.kind === 'joined'
      ? `${event.role} ${event.peerId} is there`
      : `${event.peerId} left: ${event.reason}`
  reporter.tell({ event: kind, ...rest }, text, 1)
}
