import { afterEach, describe, expect, it } from 'vitest'
import { type ContentList, listContents } from '../../src/discovery/content-list.ts'
import { DirectorRefusedError } from '../../src/discovery/director-errors.ts'
import { ExitCode } from '../../src/errors.ts'
import { toHex } from '../../src/protocol/bytes.ts'
import { Cluster } from './cluster.ts'

let cluster: Cluster
async function start(options = {}): Promise<void> {
  cluster = new Cluster(options)
  await cluster.startDirector()
}
afterEach(() => cluster.stop())

async function list(question = {}, isWanted: (name: string) => boolean = () => true): Promise<ContentList> {
  const client = await cluster.addNode([])
  return await listContents(client, [cluster.address], { prefix: '', ...question }, { isWanted })
}
const namesOf = ({ contents }: ContentList) => contents.map(({ name }) => name)

describe('a list of contents', () => {
  it('has each name once, in order, with its size and the number of its sources', async () => {
    await start()
    await cluster.addSource(['b', 'a'])
    await cluster.addSource(['a'])
    const { contents, isComing } = await list()
    expect(contents.map(({ name, sizeBytes, sources }) => [name, sizeBytes, sources])).toEqual([
      ['a', 100, 2],
      ['b', 100, 1]
    ])
    expect(isComing).toBe(false)
  })

  it('tells what the name stands for: the bytes of the source that told it first', async () => {
    await start()
    await cluster.addSource(['a'], {}, 7)
    await cluster.addSource(['a'], {}, 8)
    const { contents } = await list()
    expect(contents.map(({ rootHash, sources }) => [toHex(rootHash), sources])).toEqual([
      ['07'.repeat(32), 1]
    ])
  })

  it('has only names with the beginning, of the source and of the kind that are wanted', async () => {
    await start()
    const source = await cluster.addSource(['logs/a', 'logs/b', 'log'])
    await cluster.addSource(['logs/c'])
    expect(namesOf(await list({ prefix: 'logs/' }))).toEqual(['logs/a', 'logs/b', 'logs/c'])
    expect(namesOf(await list({ prefix: 'logs/', source: source.id }))).toEqual(['logs/a', 'logs/b'])
    expect(namesOf(await list({}, name => name.endsWith('b')))).toEqual(['logs/b'])
  })

  it('comes in several parts where it is long', async () => {
    await start()
    const names = Array.from({ length: 2_500 }, (_, at) => `n${at}`)
    await cluster.addSource(names)
    await expect.poll(() => cluster.director.counts.contents).toBe(2_500)
    expect(namesOf(await list())).toEqual(names.toSorted())
  })

  it('is told to those alone who may ask', async () => {
    const token = '8e1c4d0b7f2a9635'
    await start({ access: { client: [{ name: 'token', fits: { token } }] } })
    await expect(list()).rejects.toBeInstanceOf(DirectorRefusedError)
    await expect(list()).rejects.toMatchObject({ exitCode: ExitCode.refused })
    expect(namesOf(await list({ token }))).toEqual([])
  })

  it('is refused where there is no room for another question', async () => {
    await start({ limits: { maxWatches: 0 } })
    await expect(list()).rejects.toMatchObject({ exitCode: ExitCode.refused })
  })
})
