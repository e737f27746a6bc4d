import { createHash } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Cluster, type Daemon } from '../harness.ts'

const FILES = 2_000

async function putFiles(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (let at = 0; at < count; at++) await writeFile(join(folder, `${at}`), `${folder} ${at}`)
}

function progressOf(source: Daemon, offered: number) {
  return source.event('catalog', ({ change, ...told }) => change === 'progress' && told.offered === offered)
}

function namesOf(source: Daemon, change: string): Set<string> {
  const told = source.events.filter(({ event, ...rest }) => event === 'catalog' && rest.change === change)
  return new Set(told.map(({ name }) => name))
}

describe('a source with many files', () => {
  it('offers them, those that are copied to it while it runs, and all of them after a restart', async () => {
    const cluster = await Cluster.start([[]], contents => putFiles(join(contents, 'first'), FILES))
    const source = cluster.source!
    await progressOf(source, FILES)
    expect(namesOf(source, 'added').size).toBe(FILES)
    await putFiles(join(cluster.contents, 'copied'), FILES)
    await progressOf(source, 2 * FILES)
    expect(namesOf(source, 'added').size).toBe(2 * FILES)
    // A source that stood still would have lost its director.
    expect(source.events.filter(({ event }) => event === 'problem')).toEqual([])
    const text = `${join(cluster.contents, 'copied')} 1234`
    const sha256 = createHash('sha256').update(text).digest('hex')
    const fetched = cluster.fetch('copied/1234', cluster.path('fetched'))
    expect(await fetched.outcome('done')).toMatchObject({ sha256, bytes: text.length })

    source.kill('SIGTERM')
    await source.ended
    await rm(join(cluster.contents, 'copied/7'))
    const again = await cluster.startMember('source', 'source', ['--dir', cluster.contents])
    await again.event('registered')
    await progressOf(again, 2 * FILES - 1)
    expect(namesOf(again, 'added').has('copied/7')).toBe(false)
    const once = cluster.fetch('copied/1234', cluster.path('once more'))
    expect(await once.outcome('done')).toMatchObject({ sha256 })
  })
})
