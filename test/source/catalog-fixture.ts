import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, realpath, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { onTestFinished } from 'vitest'
import { Catalog, type CatalogClock, type CatalogOptions } from '../../src/source/catalog.ts'

const privateKey = await generateKeyPair('Ed25519')

/** Time that moves only when told to. */
export class FakeClock implements CatalogClock {
  #nowMs = Date.now()
  #timers: Array<{ atMs: number; callback: () => void }> = []

  nowMs(): number {
    return this.#nowMs
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }

  /** Sets the calendar, which no timer feels. */
  jump(byMs: number): void {
    this.#nowMs += byMs
    for (const timer of this.#timers) timer.atMs += byMs
  }

  /** Moves on and calls what has become due. */
  advance(byMs: number): void {
    this.#nowMs += byMs
    const due = this.#timers.filter(timer => timer.atMs <= this.#nowMs)
    this.#timers = this.#timers.filter(timer => timer.atMs > this.#nowMs)
    for (const { callback } of due) callback()
  }
}

/** A temporary directory to offer and one for the cache; removed when the test ends. */
export async function makeDirectories(): Promise<{ directory: string; cacheDirectory: string }> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'anabranch-catalog-')))
  onTestFinished(() => rm(base, { recursive: true, force: true }))
  const directory = join(base, 'offered')
  await mkdir(directory)
  return { directory, cacheDirectory: join(base, 'cache') }
}

/** Writes a file that has long settled; returns its bytes. */
export async function putFile(
  directory: string,
  name: string,
  content: Uint8Array | number
): Promise<Uint8Array> {
  const bytes = typeof content === 'number' ? randomBytes(content) : content
  const path = join(directory, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes)
  await utimes(path, 1e9, 1e9 + bytes.length)
  return bytes
}

/** A catalog that does not watch, with 1000-byte segments; stopped when the test ends. */
export function makeCatalog(
  options: Pick<CatalogOptions, 'directory' | 'cacheDirectory'> & Partial<CatalogOptions>
): Catalog {
  const catalog = new Catalog({
    segmentBytes: 1000,
    privateKey,
    watch: false,
    clock: new FakeClock(),
    ...options
  })
  onTestFinished(() => catalog.stop())
  return catalog
}

/** Everything that the catalog tells, as short lines in order. */
export function record(catalog: Catalog): string[] {
  const log: string[] = []
  catalog.on('added', ({ name }) => log.push(`added ${name}`))
  catalog.on('removed', name => log.push(`removed ${name}`))
  catalog.on('problem', (name, { code }) => log.push(`problem ${name} ${code}`))
  catalog.on('idle', () => log.push('idle'))
  return log
}
