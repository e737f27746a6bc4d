import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { toHex } from '../protocol/bytes.ts'
import { parseContentName } from '../protocol/content-name.ts'
import {
  DEFAULT_LIVE_SEGMENT_BYTES,
  DEFAULT_SEGMENT_BYTES,
  MAX_FRAME_MS
} from '../protocol/content-record.ts'
import type { LiveStore, LiveStoreOptions } from '../source/live-store.ts'
import { formatBytes, parseDuration } from '../units/units.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import { GENERAL_SETTINGS, listenSetting, MEMBER_SETTINGS, NODE_SETTINGS } from './common-settings.ts'
import { announceListening, runUntilSignal } from './daemon.ts'
import { registerRehearsed, registrationEvents, stopAll } from './member.ts'
import { daemonNodeOptions } from './node-options.ts'
import { defaultHome } from './paths.ts'
import { acceptInput, openInput } from './publish-input.ts'
import type { Reporter } from './reporter.ts'
import { one, oneOr, type Values } from './settings.ts'
import { parseSegmentSize, tellSession } from './source-start.ts'
import { readToken } from './token.ts'

const DEFAULT_PORT = 4003

/** Default length of a frame: that of the usual codecs for speech. */
const DEFAULT_FRAME = '20ms'

const SETTINGS = {
  window: one({
    value: 'TIME',
    help: 'keep only what was made in this time, such as 10min; default all of it',
    parse: parseDuration
  }),
  listenTcp: one({
    value: 'PORT',
    help: 'take the content from the one connection that comes to this port of this host',
    parse: parsePort
  }),
  segmentSize: one({
    value: 'SIZE',
    help: `bytes of a segment, 1KiB to 1MiB: each is sent as soon as it is full, so small ones suit slow streams; with --sequence time, the most that one frame takes. Default ${DEFAULT_LIVE_SEGMENT_BYTES / 1024}KiB, with --sequence time ${DEFAULT_SEGMENT_BYTES / 1024}KiB`,
    parse: parseSegmentSize
  }),
  sequence: oneOr({
    value: 'HOW',
    help: 'size: a segment is sent when it is full; time: a segment is what came in within a frame',
    parse: parseSequence,
    fallback: 'size' as const,
    fallbackText: 'size'
  }),
  frame: one({
    value: 'TIME',
    help: `with --sequence time: how long a frame lasts, 1ms to 10s; default ${DEFAULT_FRAME}`,
    parse: parseFrame
  }),
  ...listenSetting(DEFAULT_PORT),
  ...MEMBER_SETTINGS,
  ...NODE_SETTINGS,
  ...GENERAL_SETTINGS
}

/** `source publish NAME`: offers a live content while it is made, and what is kept of it until it is told to stop. */
export function sourcePublish(run: CliRun): Command {
  return defineCommand(
    {
      name: 'publish',
      summary: 'offer a live content while it is made',
      role: 'publish',
      argument: {
        name: 'NAME',
        help: 'its name, and then where it comes from: - for stdin (the default), or the path of a named pipe or file',
        isMany: true
      },
      isDaemon: true,
      settings: SETTINGS,
      run: (values, context, name, ...inputs) =>
        runPublish(values, context, parseContentName(name.normalize('NFC')), inputs)
    },
    run
  )
}

async function runPublish(
  values: Values<typeof SETTINGS>,
  context: CommandContext,
  name: string,
  inputs: string[]
): Promise<number> {
  const { reporter, environment } = context
  if (inputs.length > 1) throw new UsageError('A live content comes from one input; name it behind the NAME')
  if (inputs.length > 0 && values.listenTcp !== undefined)
    throw new UsageError('The content comes over --listen-tcp or from an input; leave one of them out')
  const cut = cutOf(values)
  const { createNode } = await import('../transport/node.ts')
  const { openHome } = await import('../transport/home.ts')
  const { DirectorSession } = await import('../discovery/director-session.ts')
  const { LiveStore } = await import('../source/live-store.ts')
  const { Source } = await import('../source/source.ts')
  const { answerStatus } = await import('./status-server.ts')
  const token = await readToken(values, environment)
  const home = values.home ?? join(defaultHome('publish', environment), homeNameOf(name))
  const privateKey = await openHome(home)
  // Segments that a run has left which was killed: its stream is over.
  const directory = join(home, 'live')
  await rm(directory, { recursive: true, force: true })
  const store = await LiveStore.start({
    name,
    directory,
    ...cut,
    ...(values.window === undefined ? {} : { windowMs: values.window }),
    privateKey
  })
  const isNeighbor = (peerId: string) => session.isNeighbor(peerId)
  const node = await createNode({
    ...(await daemonNodeOptions(values, { reporter, environment })),
    privateKey,
    isNamed: isNeighbor
  })
  const source = new Source({
    node,
    contents: store,
    isNeighbor,
    onEvent: event => tellSession(reporter, event)
  })
  const session = new DirectorSession(node, {
    role: 'source',
    directors: values.director,
    labels: values.label,
    reverse: values.reverse,
    ...token,
    ...(values.neighbor.length > 0 ? { neighbors: values.neighbor } : {}),
    catalog: () => [store.item],
    ...registrationEvents(reporter)
  })
  await source.start()
  const addresses = node.getMultiaddrs().map(String)
  const peerId = node.peerId.toString()
  await answerStatus(context, { role: 'publish', peerId, addresses, home, content: name }, () => ({
    figures: { madeBytes: store.item.live.head.bytes, sessions: source.sessions },
    source: source.view
  }))
  announceListening(reporter, { role: 'source', peerId, addresses })
  const stopSession = registerRehearsed(reporter, { session, home })
  void publish(store, values.listenTcp, inputs[0], reporter)
  return await runUntilSignal(() =>
    stopAll(
      stopSession,
      () => source.stop(),
      () => store.stop(),
      async () => await node.stop()
    )
  )
}

/** Takes the input to its end, and tells how it went. What came before an error is the content. */
async function publish(
  store: LiveStore,
  port: number | undefined,
  path = '-',
  reporter: Reporter
): Promise<void> {
  const { name, rootHash } = store.item.record
  const onListening = (port: number) =>
    reporter.tell(
      { event: 'input', port },
      `${JSON.stringify(name)} is taken from a connection to port ${port}`
    )
  try {
    const input = port === undefined ? openInput(path) : await acceptInput(port, onListening)
    reporter.tell({ event: 'live', name, rootHash: toHex(rootHash) }, `${JSON.stringify(name)} is live`)
    for await (const bytes of input) await store.write(bytes)
  } catch (error) {
    reporter.fail(error as Error)
  }
  try {
    await store.end()
    const { bytes } = store.item.live.head
    reporter.tell({ event: 'ended', name, bytes }, `${JSON.stringify(name)} has ended, ${formatBytes(bytes)}`)
  } catch (error) {
    reporter.fail(error as Error)
  }
}

/** The home of each content is its own, so that several can be published at once. */
function homeNameOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16)
}

function parseSequence(text: string): 'size' | 'time' {
  if (text === 'size' || text === 'time') return text
  throw new UsageError(`'${text}' is no way to divide a content; give size or time`)
}

function parseFrame(text: string): number {
  const frameMs = parseDuration(text)
  if (Number.isInteger(frameMs) && frameMs >= 1 && frameMs <= MAX_FRAME_MS) return frameMs
  throw new UsageError(`a frame of ${text} is not within 1ms to ${MAX_FRAME_MS / 1000}s`)
}

/** How the content is divided into segments. Throws UsageError. */
function cutOf({
  sequence,
  frame,
  segmentSize
}: Pick<Values<typeof SETTINGS>, 'sequence' | 'frame' | 'segmentSize'>): Pick<
  LiveStoreOptions,
  'segmentBytes' | 'frameMs'
> {
  if (sequence === 'time')
    return {
      segmentBytes: segmentSize ?? DEFAULT_SEGMENT_BYTES,
      frameMs: frame ?? parseDuration(DEFAULT_FRAME)
    }
  if (frame !== undefined) throw new UsageError('--frame needs --sequence time')
  return { segmentBytes: segmentSize ?? DEFAULT_LIVE_SEGMENT_BYTES }
}

function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new UsageError(`'${text}' is no port; give a number from 0 to 65535`)
}
