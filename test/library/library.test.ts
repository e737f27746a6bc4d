import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import * as library from '../../src/index.ts'
import {
  AnabranchError,
  Client,
  ContentNotFoundError,
  ERROR_CODES,
  FileExistsError,
  HomeBusyError,
  startDirector,
  startRelay,
  startSource,
  UsageError
} from '../../src/index.ts'

const listen = ['127.0.0.1:0']

/** A directory that is gone after the test. */
async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'anabranch-library-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** A director, two relays and a source of one file, all of which end with the test. */
async function network(content: Uint8Array) {
  const directory = await newDirectory()
  const offered = join(directory, 'offered')
  await mkdir(offered)
  await writeFile(join(offered, 'a.bin'), content)
  const director = await startDirector({ listen })
  onTestFinished(() => director.stop())
  const directors = director.addresses
  const nodes = await Promise.all([
    startRelay({ directors, listen }),
    startRelay({ directors, listen }),
    startSource({ directors, directory: offered, listen })
  ])
  for (const node of nodes) onTestFinished(() => node.stop())
  const client = new Client({ directors })
  onTestFinished(() => client.stop())
  return { directory, director, source: nodes[2], client, directors }
}

function bytes(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (index * 7919) % 251)
}

it('a content is fetched over two relays as soon as all have started', async () => {
  const content = bytes(1_000_000)
  const { directory, source, client, director } = await network(content)
  const [info] = source.contents
  expect(info).toMatchObject({ name: 'a.bin', size: content.length, source: source.peerId })
  expect(director.view().nodes).toHaveLength(3)
  const path = join(directory, 'out')
  const summary = await client.fetchToFile('a.bin', path)
  expect(Object.values(summary.routes).map(({ relays }) => relays.length)).toEqual([1, 1])
  expect(Buffer.compare(await readFile(path), content)).toBe(0)
  expect(await client.list()).toEqual([
    { name: 'a.bin', size: content.length, rootHash: info!.rootHash, sources: 1 }
  ])
  expect(await client.list('b*')).toEqual([])
})

it('any bytes of an open content are read, as a stream or at once', async () => {
  const content = bytes(300_000)
  const { client } = await network(content)
  await using open = await client.open('a.bin')
  expect(open).toMatchObject({ name: 'a.bin', size: content.length })
  expect(await open.bytes({ start: 70_000, end: 70_010 })).toEqual(content.slice(70_000, 70_010))
  const parts: Uint8Array[] = []
  for await (const part of open.stream({ start: 100 })) parts.push(part)
  expect(Buffer.compare(Buffer.concat(parts), content.slice(100))).toBe(0)
})

it('a content goes to a stream of the caller, which keeps what it got', async () => {
  const content = bytes(200_000)
  const { client } = await network(content)
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const [got, { sha256 }] = await Promise.all([
    new Response(readable).bytes(),
    client.fetchTo('a.bin', writable, { checksum: true })
  ])
  expect(Buffer.compare(got, content)).toBe(0)
  expect(sha256).toBe(createHash('sha256').update(content).digest('hex'))
})

it('errors are of classes of their own', async () => {
  const { directory, client, directors } = await network(bytes(1000))
  const path = join(directory, 'there')
  await writeFile(path, 'other')
  const errors = await Promise.all([
    failure(client.fetchToFile('a.bin', path)),
    failure(client.open('b.bin')),
    failure(new Client({ directors: ['127.0.0.1'] }).open('a.bin')),
    failure(startRelay({ directors: ['127.0.0.1:1'], listen, patienceMs: 1_000 }))
  ])
  const classes = [FileExistsError, ContentNotFoundError, UsageError, AnabranchError]
  for (const [at, error] of errors.entries()) {
    expect(error).toBeInstanceOf(classes[at])
    expect(ERROR_CODES).toContain((error as AnabranchError).code)
  }
  const home = join(directory, 'home')
  await using relay = await startRelay({ directors, listen, home })
  expect(await failure(startRelay({ directors, listen, home }))).toBeInstanceOf(HomeBusyError)
  await relay.stop()
  await using again = await startRelay({ directors, listen, home })
  expect(again.peerId).toBe(relay.peerId)
})

it('the codes of all errors that are exported are listed, and no text of these files speaks of flags', () => {
  const exports = readFileSync(new URL('../../src/library/errors.ts', import.meta.url), 'utf8')
  const codes: (string | undefined)[] = []
  const flags: string[] = []
  for (const [, names, file] of exports.matchAll(/export \{([^}]*)\} from '\.\.\/(.*)'/g)) {
    const from = file === 'transport/node.ts' ? 'transport/make-node.ts' : file!
    const code = readFileSync(new URL(`../../src/${from}`, import.meta.url), 'utf8')
    for (const name of names!.split(',')) {
      const ofClass = code.split(`class ${name.trim()} `)[1]!.split('\nexport class ')[0]!
      codes.push(/'(ERR_\w+)'/.exec(ofClass)?.[1])
    }
    const texts = code.replace(/\/\*\*[\s\S]*?\*\/|\/\/.*/g, '').match(/(['`]).*?\1/g) ?? []
    flags.push(...texts.filter(text => /(^| )(--[a-z]|-o\b)/.test(text)))
  }
  expect(new Set(codes.filter(code => code !== undefined))).toEqual(new Set(ERROR_CODES))
  expect(Object.keys(library).filter(name => name.endsWith('Error')).length).toBe(codes.length)
  expect(flags).toEqual([])
})

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    error => error
  )
}
