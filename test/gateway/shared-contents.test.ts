import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES } from '../../src/gateway/block-cache.ts'
import { GATEWAY_LIMITS } from '../../src/gateway/limits.ts'
import { SharedContents } from '../../src/gateway/shared-contents.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'
import { MemoryContents, type Reading } from './memory-contents.ts'

const { readAheadBytes, lingerMs, nameFreshMs } = GATEWAY_LIMITS
const SIZE_BYTES = 200 * BLOCK_BYTES + 77
const BYTES = Uint8Array.from({ length: SIZE_BYTES }, (_, at) => (at * 31 + at / 7_000) & 255)

function shared({ cacheBytes = 64 * 1024 ** 2, reading }: { cacheBytes?: number; reading?: Reading } = {}) {
  const scheduler = new VirtualScheduler()
  const inner = new MemoryContents({ film: { bytes: BYTES, ...(reading ? { reading } : {}) } })
  const contents = new SharedContents(inner, cacheBytes, scheduler)
  const find = () => contents.find({ name: 'film' }, { signal: new AbortController().signal })
  return { scheduler, inner, contents, find }
}

/** Hands out large chunks, and counts them. */
function counted() {
  const counts = { bytes: 0 }
  async function* reading(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += 50_000) {
      const chunk = bytes.subarray(at, at + 50_000)
      counts.bytes += chunk.byteLength
      yield chunk
    }
  }
  return { counts, reading }
}

async function read(
  { find }: Pick<ReturnType<typeof shared>, 'find'>,
  start: number,
  end: number,
  signal = new AbortController().signal
): Promise<Buffer> {
  const content = await find()
  const chunks: Uint8Array[] = []
  // The memory of the chunks is used again.
  const write = async (some: readonly Uint8Array[]) => void chunks.push(Buffer.concat(some))
  await content.read({ start, end }, { write }, signal)
  return Buffer.concat(chunks)
}

/** Reads all, but takes nothing after the first bytes until it breaks off; `begun` resolves with these. */
function readerThatStops({ find }: Pick<ReturnType<typeof shared>, 'find'>) {
  const left = new AbortController()
  const begun = Promise.withResolvers<void>()
  const write = async () => {
    begun.resolve()
    await new Promise((_, reject) => {
      left.signal.addEventListener('abort', () => reject(left.signal.reason))
    })
  }
  const ended = find().then(content => content.read({ start: 0, end: SIZE_BYTES }, { write }, left.signal))
  return { begun: begun.promise, ended, leave: () => left.abort(new Error('left')) }
}

/** Lets all that is under way come to a stand. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) await setImmediate()
}

describe('readers of one content', () => {
  it.each([
    [0, SIZE_BYTES],
    [0, 1],
    [BLOCK_BYTES - 1, BLOCK_BYTES + 1],
    [SIZE_BYTES - 78, SIZE_BYTES],
    [3 * BLOCK_BYTES, 4 * BLOCK_BYTES]
  ])('get exactly the bytes from %d to %d', async (start, end) => {
    expect((await read(shared(), start, end)).equals(BYTES.subarray(start, end))).toBe(true)
  })

  it('get it right from a cache that holds next to nothing', async () => {
    const setting = shared({ cacheBytes: 3 * BLOCK_BYTES })
    const [all, part] = await Promise.all([read(setting, 0, SIZE_BYTES), read(setting, 12_345, 9_876_543)])
    expect(all.equals(BYTES)).toBe(true)
    expect(part.equals(BYTES.subarray(12_345, 9_876_543))).toBe(true)
  })

  it('share one transfer, and later ones have what is kept', async () => {
    const { counts, reading } = counted()
    const setting = shared({ reading })
    await Promise.all(Array.from({ length: 10 }, () => read(setting, 0, SIZE_BYTES)))
    await read(setting, 5, SIZE_BYTES - 5)
    expect(counts.bytes).toBe(SIZE_BYTES)
    expect(setting.inner.reads).toHaveLength(1)
  })

  it('who ask for one range after the other cost one transfer, which runs ahead of them', async () => {
    const { counts, reading } = counted()
    const setting = shared({ reading })
    await read(setting, 0, BLOCK_BYTES)
    await settled()
    expect(counts.bytes).toBeLessThan(2 * BLOCK_BYTES)
    await read(setting, BLOCK_BYTES, 2 * BLOCK_BYTES)
    await settled()
    expect(counts.bytes).toBeGreaterThan(readAheadBytes)
    expect(counts.bytes).toBeLessThan(readAheadBytes + 4 * BLOCK_BYTES)
    for (let at = 2; at < 100; at++) await read(setting, at * BLOCK_BYTES, (at + 1) * BLOCK_BYTES)
    expect(setting.inner.reads).toHaveLength(1)
  })

  it('who look at the end first, as players do, go on at the beginning', async () => {
    const setting = shared()
    await read(setting, 0, 3 * BLOCK_BYTES)
    await read(setting, SIZE_BYTES - 1_000, SIZE_BYTES)
    const rest = await read(setting, 0, SIZE_BYTES)
    expect(rest.equals(BYTES)).toBe(true)
    expect(setting.inner.reads).toHaveLength(3)
  })

  it('who jump have the routes for themselves', async () => {
    const setting = shared()
    const reader = readerThatStops(setting)
    await reader.begun
    expect(setting.inner.reads[0]!.signal.aborted).toBe(false)
    reader.leave()
    await expect(reader.ended).rejects.toThrow('left')
    expect(setting.inner.reads[0]!.signal.aborted).toBe(true)
    const at = 150 * BLOCK_BYTES
    expect(await read(setting, at, at + 10)).toHaveLength(10)
    expect(setting.inner.reads).toHaveLength(2)
    expect(setting.inner.reads[1]!.range!.start).toBe(at)
  })

  it('who are far apart do not wait for one another', async () => {
    const { counts, reading } = counted()
    const setting = shared({ reading })
    const first = readerThatStops(setting)
    await first.begun
    const at = 120 * BLOCK_BYTES
    await read(setting, at, at + BLOCK_BYTES)
    await settled()
    expect(counts.bytes).toBeLessThan(2 * readAheadBytes)
    first.leave()
    await expect(first.ended).rejects.toThrow('left')
  })

  it('hear why nothing comes, and the next one has the content tried anew', async () => {
    let isBroken = true
    async function* reading(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      if (isBroken) throw new Error('no route')
      yield bytes
    }
    const setting = shared({ reading })
    await expect(read(setting, 0, 10)).rejects.toThrow('no route')
    isBroken = false
    expect(await read(setting, 0, 10)).toHaveLength(10)
  })

  it('that are gone leave nothing running', async () => {
    const setting = shared()
    await read(setting, 0, BLOCK_BYTES)
    const { signal } = setting.inner.reads[0]!
    setting.scheduler.advance(lingerMs - 1)
    expect(signal.aborted).toBe(false)
    setting.scheduler.advance(1)
    expect(signal.aborted).toBe(true)
  })
})

describe('a name', () => {
  it('means the same for a moment, and is then asked for again', async () => {
    const setting = shared()
    for (let at = 0; at < 5; at++) await read(setting, at, at + 1)
    expect(setting.inner.found).toHaveLength(1)
    setting.scheduler.advance(nameFreshMs)
    await read(setting, 0, 1)
    expect(setting.inner.found).toHaveLength(2)
    expect(setting.inner.reads).toHaveLength(1)
  })
})
