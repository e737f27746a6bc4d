import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, openSync } from 'node:fs'
import { lstat, readdir, readFile, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openFileOutput, openStdoutOutput } from '../../../src/client/output/open-output.ts'
import { DiskFullError, OutputClosedError } from '../../../src/client/output/output-errors.ts'
import { ExitCode } from '../../../src/errors.ts'
import { makeDirectory, optionsFor, sha256 } from './output-fixture.ts'

describe('device output', () => {
  it('writes to a device itself, which stays what it was', async () => {
    const bytes = randomBytes(100_000)
    for (const force of [false, true]) {
      const output = await openFileOutput({ ...optionsFor('/dev', bytes, force), path: '/dev/null' })
      await output.write([bytes])
      expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
    }
    expect((await lstat('/dev/null')).isCharacterDevice()).toBe(true)
  })

  it('tells that a device is full', async () => {
    const output = await openFileOutput({ ...optionsFor('/dev', randomBytes(10)), path: '/dev/full' })
    await expect(output.write([randomBytes(1000)])).rejects.toBeInstanceOf(DiskFullError)
    await expect(output.finish()).rejects.toBeInstanceOf(DiskFullError)
    await output.abandon()
  })
})

describe('named pipe output', () => {
  async function makePipe() {
    const directory = await makeDirectory()
    const bytes = randomBytes(1_000_000)
    const options = { ...optionsFor(directory, bytes, true), path: join(directory, 'pipe') }
    execFileSync('mkfifo', [options.path])
    return { directory, bytes, options }
  }

  it('waits for the reader, gives it all, and leaves the pipe as it was', async () => {
    const { directory, bytes, options } = await makePipe()
    const opening = openFileOutput(options)
    const reading = buffer(createReadStream(options.path))
    const output = await opening
    await output.write([bytes.subarray(0, 10), bytes.subarray(10)])
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
    expect(await reading).toEqual(bytes)
    expect(await readdir(directory)).toEqual(['pipe'])
    expect((await lstat(options.path)).isFIFO()).toBe(true)
  })

  it('is given up on a signal while it waits for a reader', async () => {
    const { options } = await makePipe()
    const stop = new AbortController()
    const opening = openFileOutput({ ...options, signal: stop.signal })
    const reason = new Error('interrupted')
    stop.abort(reason)
    await expect(opening).rejects.toBe(reason)
  })

  it('tells that its reader has closed it', async () => {
    const { bytes, options } = await makePipe()
    const reader = spawn('head', ['-c', '10', options.path], { stdio: 'ignore' })
    const ended = once(reader, 'exit')
    const output = await openFileOutput(options)
    await expect(output.write([bytes])).rejects.toMatchObject({
      code: 'ERR_OUTPUT_CLOSED',
      exitCode: ExitCode.disk
    })
    await output.abandon()
    await ended
  })
})

describe('socket output', () => {
  it('gives all to whoever listens', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(500_000)
    const options = { ...optionsFor(directory, bytes), path: join(directory, 'socket') }
    const received = Promise.withResolvers<Buffer>()
    const server = createServer(socket => received.resolve(buffer(socket)))
    server.listen(options.path)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const output = await openFileOutput(options)
    await output.write([bytes])
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
    expect(await received.promise).toEqual(bytes)
  })
})

describe('output to a descriptor of this process', () => {
  it('goes where that leads, also by a link, and replaces neither', async () => {
    const directory = await makeDirectory()
    const bytes = randomBytes(5000)
    const descriptor = openSync(join(directory, 'file'), 'w')
    const path = join(directory, 'link')
    await symlink(`/dev/fd/${descriptor}`, path)
    const output = await openFileOutput({ ...optionsFor(directory, bytes, true), path })
    await output.write([bytes])
    expect(await output.finish()).toEqual({ sha256: sha256(bytes) })
    expect(await readFile(join(directory, 'file'))).toEqual(bytes)
    expect((await readdir(directory)).sort()).toEqual(['file', 'link'])
    expect((await lstat(path)).isSymbolicLink()).toBe(true)
  })

  it('is refused where that is not open', async () => {
    const options = { ...optionsFor('/dev', randomBytes(10)), path: '/dev/fd/1000' }
    await expect(openFileOutput(options)).rejects.toBeInstanceOf(OutputClosedError)
  })
})

describe('standard output', () => {
  it('is as slow as its reader', async () => {
    const stream = new PassThrough({ highWaterMark: 10 })
    const output = openStdoutOutput({ checksum: true }, stream)
    let isTaken = false
    const writing = output.write([Buffer.from('first '), Buffer.from('x'.repeat(100))]).then(() => {
      isTaken = true
    })
    await new Promise(resolve => setImmediate(resolve))
    expect(isTaken).toBe(false)
    const reading = text(stream)
    await writing
    const { sha256: hash } = await output.finish()
    stream.end()
    expect(await reading).toBe(`first ${'x'.repeat(100)}`)
    expect(hash).toBe(sha256(Buffer.from(`first ${'x'.repeat(100)}`)))
  })

  it('tells that its reader has closed it', async () => {
    const child = spawn('true', { stdio: ['pipe', 'ignore', 'ignore'] })
    const output = openStdoutOutput({}, child.stdin)
    await once(child, 'exit')
    const writing = output.write([new Uint8Array(10_000_000)])
    await expect(writing).rejects.toBeInstanceOf(OutputClosedError)
    await expect(output.write([Buffer.from('more')])).rejects.toBeInstanceOf(OutputClosedError)
    await output.abandon()
  })
})
