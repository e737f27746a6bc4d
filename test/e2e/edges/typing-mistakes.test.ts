import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../../src/errors.ts'
import { Cluster, shared } from '../harness.ts'

const NAMES = ['holiday/a.mkv', 'holiday/b.mkv', 'notes.txt']

async function makeContents(contents: string): Promise<void> {
  for (const name of NAMES) {
    await mkdir(dirname(join(contents, name)), { recursive: true })
    await writeFile(join(contents, name), name)
  }
}

const cluster = shared(async whenOver => await Cluster.start([[]], makeContents, [], whenOver))

function client(args: string[], environment = {}) {
  const director = ['--director', cluster().director!.address]
  return cluster().run(['client', ...args, '--json', ...director], { environment })
}

describe('a typing mistake', () => {
  it.each([
    ['fetch', 'holiday/a.mvk', 'holiday/a.mkv'],
    ['fetch', 'a.mkv', 'holiday/a.mkv'],
    ['routes', 'note.txt', 'notes.txt']
  ])(
    'in the name for client %s is answered with the content that is near: %s',
    async (verb, given, meant) => {
      const program = client([verb, given])
      const { code, message } = await program.event('error')
      expect(code).toBe('ERR_CONTENT_NOT_FOUND')
      expect(message).toContain(`did you mean "${meant}"?`)
      expect((await program.ended).code).toBe(ExitCode.notFound)
    }
  )

  it('that is near to nothing is answered as before', async () => {
    const { message } = await client(['fetch', 'elephants/report.pdf']).event('error')
    expect(message).toMatch(/^Content not found: [^?]*; check the name, or start its source$/)
  })

  it('in a variable is warned of once, and the command goes on', async () => {
    const program = client(['ls'], { ANABRANCH_QIUET: 'true' })
    expect((await program.ended).code).toBe(0)
    const problems = program.events.filter(({ event }) => event === 'problem')
    expect(problems.map(({ message }) => message)).toEqual([
      'ANABRANCH_QIUET is no variable of this program; did you mean ANABRANCH_QUIET?'
    ])
  })
})

describe('client ls', () => {
  it('lists a directory with and without its slash', async () => {
    for (const pattern of ['holiday', 'holiday/']) {
      const program = client(['ls', pattern])
      await program.ended
      const names = program.events.filter(({ event }) => event === 'listed').map(({ name }) => name)
      expect(names).toEqual(['holiday/a.mkv', 'holiday/b.mkv'])
    }
  })
})
