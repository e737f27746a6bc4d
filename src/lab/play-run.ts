import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Player } from '../topology/model.ts'
import { nameOf } from '../topology/paths.ts'
import type { Emulation } from './emulation.ts'
import type { LabGateway } from './lab-gateway.ts'
import type { ProgressPoint, TransferOutcome } from './measurement.ts'
import { NodeProcess } from './node-process.ts'
import { Playback } from './playback.ts'
import { CONTENT_NAME } from './role-command.ts'

export interface PlayOptions {
  gateway: LabGateway
  player: Player
  /** SHA-256 of the content, in hex. */
  contentHash: string
  signal: AbortSignal
}

/** Plays the content in the client's node: curl reads it there, and waits where the player has no room. */
export async function runPlay(
  emulation: Emulation,
  { gateway, player, contentHash, signal }: PlayOptions
): Promise<TransferOutcome> {
  const { topology } = emulation
  const command = ['curl', '-sS', '-f', `${gateway.url}/${CONTENT_NAME}`]
  const reader = new NodeProcess('player', emulation.inNode(nameOf(topology, 'client'), command), {
    output: true
  })
  const interrupt = () => reader.kill('SIGKILL')
  signal.addEventListener('abort', interrupt)
  const playback = new Playback(topology.contentBytes, player, reader.startedAtMs)
  const hash = createHash('sha256')
  const progress: ProgressPoint[] = []
  let bytes = 0
  for await (const chunk of reader.output as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
    const nowMs = performance.now()
    playback.take(chunk.length, nowMs)
    progress.push({ atMs: nowMs - reader.startedAtMs, bytes })
    await delay(playback.waitMs(nowMs))
  }
  const { code, endedAtMs } = await reader.ended
  signal.removeEventListener('abort', interrupt)
  const complaints = `${reader.complaints}; ${gateway.complaints}`
  return {
    completionMs: endedAtMs - reader.startedAtMs,
    identical: hash.digest('hex') === contentHash,
    progress,
    ...(code === 0 ? {} : { failure: `the player's read ended with exit code ${code}: ${complaints}` }),
    ...playback.outcome(endedAtMs)
  }
}
