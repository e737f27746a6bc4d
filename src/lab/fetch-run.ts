import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LiveContent } from '../topology/model.ts'
import { nameOf } from '../topology/paths.ts'
import { hashFile } from './content-file.ts'
import type { Emulation } from './emulation.ts'
import { type FetchStory, storyOf } from './fetch-story.ts'
import type { LabRoles } from './lab-roles.ts'
import { LiveStream } from './live-stream.ts'
import type { ProgressPoint, TransferOutcome } from './measurement.ts'
import { NodeProcess } from './node-process.ts'
import { fetchCommand } from './role-command.ts'

/** Runs the client's fetch in its node, and times it from the command's start to its end. */
export async function runFetch(
  emulation: Emulation,
  roles: LabRoles,
  signal: AbortSignal
): Promise<TransferOutcome & { story: FetchStory }> {
  const { live } = emulation.topology
  return live ? await runLive(emulation, roles, live, signal) : await runFinished(emulation, roles, signal)
}

async function runFinished(emulation: Emulation, roles: LabRoles, signal: AbortSignal) {
  const output = join(emulation.workDirectory, 'fetched.bin')
  await rm(output, { force: true })
  const { completionMs, failure, story } = await followed(
    emulation,
    roles,
    start(emulation, roles, output),
    signal
  )
  const progress: ProgressPoint[] = story.progress.map(({ atMs, bytes }) => ({ atMs, bytes }))
  if (failure === undefined) progress.push({ atMs: completionMs, bytes: emulation.topology.contentBytes })
  return {
    completionMs,
    longestStallMs: Number(story.done?.longestStallMs ?? 0),
    identical: failure === undefined && (await hashFile(output)) === roles.contentHash,
    progress,
    failure,
    story
  }
}

/** The source's content is made from the start of the client's command on. */
async function runLive(emulation: Emulation, roles: LabRoles, live: LiveContent, signal: AbortSignal) {
  const stream = new LiveStream(emulation.topology.contentBytes, live, performance.now())
  const over = new AbortController()
  const fed = stream
    .feed(() => roles.input, AbortSignal.any([signal, over.signal]))
    .then(() => roles.input?.end())
  const client = start(emulation, roles, '-', true)
  client.output.on('data', chunk => stream.take(chunk, performance.now()))
  const end = await followed(emulation, roles, client, signal)
  over.abort()
  await fed
  return { ...end, ...stream.outcome() }
}

function start(emulation: Emulation, roles: LabRoles, target: string, output = false) {
  const client = nameOf(emulation.topology, 'client')
  return new NodeProcess('client', emulation.inNode(client, fetchCommand(roles.nodes, target)), { output })
}

/** Waits for the fetch's end, and tells how it went. */
async function followed(emulation: Emulation, roles: LabRoles, process: NodeProcess, signal: AbortSignal) {
  const interrupt = () => process.kill('SIGKILL')
  signal.addEventListener('abort', interrupt)
  const { code, endedAtMs } = await process.ended
  signal.removeEventListener('abort', interrupt)
  return {
    completionMs: endedAtMs - process.startedAtMs,
    failure: code === 0 ? undefined : `client fetch ended with exit code ${code}: ${process.complaints}`,
    story: storyOf(process, peerId => roles.nameOf(peerId), emulation.topology)
  }
}
