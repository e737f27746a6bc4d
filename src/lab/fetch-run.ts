import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { nameOf } from '../topology/paths.ts'
import { hashFile } from './content-file.ts'
import type { Emulation } from './emulation.ts'
import { type FetchStory, storyOf } from './fetch-story.ts'
import type { LabRoles } from './lab-roles.ts'
import type { ProgressPoint, TransferOutcome } from './measurement.ts'
import { NodeProcess } from './node-process.ts'
import { fetchCommand } from './role-command.ts'

/** Runs the client's fetch in its node, and times it from the command's start to its end. */
export async function runFetch(
  emulation: Emulation,
  roles: LabRoles,
  signal: AbortSignal
): Promise<TransferOutcome & { story: FetchStory }> {
  const output = join(emulation.workDirectory, 'fetched.bin')
  await rm(output, { force: true })
  const client = nameOf(emulation.topology, 'client')
  const process = new NodeProcess('client', emulation.inNode(client, fetchCommand(roles.nodes, output)))
  const interrupt = () => process.kill('SIGKILL')
  signal.addEventListener('abort', interrupt)
  const end = await process.ended
  signal.removeEventListener('abort', interrupt)
  const completionMs = end.endedAtMs - process.startedAtMs
  const story = storyOf(process, peerId => roles.nameOf(peerId), emulation.topology)
  const progress: ProgressPoint[] = story.progress.map(({ atMs, bytes }) => ({ atMs, bytes }))
  const failed = end.code !== 0
  if (!failed) progress.push({ atMs: completionMs, bytes: emulation.topology.contentBytes })
  return {
    completionMs,
    longestStallMs: Number(story.done?.longestStallMs ?? 0),
    identical: !failed && (await hashFile(output)) === roles.contentHash,
    progress,
    failure: failed ? `client fetch ended with exit code ${end.code}: ${process.complaints}` : undefined,
    story
  }
}
