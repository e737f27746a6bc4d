import { readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { hashOf, hashOfStream, makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Program } from './program.ts'

const MB = 1_000_000
const PAUSE_MS = 30_000
/** All programs together compute for about a minute, besides the pause: ten times that for a machine with other work. */
const TIMEOUT_MS = 600_000
const SAMPLE_MS = 250
const MAX_DAEMON_BYTES = 150 * MB
const MAX_CLIENT_BYTES = 200 * MB

it('a client whose reader pauses for 30 s on 1 GB makes nobody hold much in memory', {
  timeout: TIMEOUT_MS
}, async () => {
  const cluster = await Cluster.start([[], [], []], async contents => {
    await makeContent(join(contents, 'big.bin'), 64 * MB)
    await truncate(join(contents, 'big.bin'), 1_000 * MB)
  })
  await cluster.source!.event('catalog', ({ change }) => change === 'added')
  const fetch = cluster.run(
    ['client', 'fetch', 'big.bin', '--json', '-o', '-', '--director', cluster.director!.address],
    { events: 'stderr' }
  )
  const daemons = [cluster.source!, ...cluster.relays]
  const peaks = new Map<Program, number>()
  const sampling = setInterval(() => void sample([...daemons, fetch], peaks), SAMPLE_MS)
  try {
    const sha256 = await hashOfStream(fetch.child.stdout!, 100 * MB, () => delay(PAUSE_MS))
    expect(sha256).toBe(await hashOf(join(cluster.contents, 'big.bin')))
    expect(await fetch.ended).toMatchObject({ code: 0 })
  } finally {
    clearInterval(sampling)
  }
  for (const daemon of daemons) {
    expect(peaks.get(daemon), daemon.args.join(' ')).toBeLessThan(MAX_DAEMON_BYTES)
  }
  expect(peaks.get(fetch)).toBeLessThan(MAX_CLIENT_BYTES)
})

/** Keeps the most memory that each program was seen with, in bytes. */
async function sample(programs: Program[], peaks: Map<Program, number>): Promise<void> {
  for (const program of programs) {
    const status = await readFile(`/proc/${program.pid}/status`, 'utf8').catch(() => '')
    const residentKiB = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0)
    peaks.set(program, Math.max(peaks.get(program) ?? 0, residentKiB * 1024))
  }
}
