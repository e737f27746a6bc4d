import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rehearse } from '../../src/cli/rehearsal.ts'

describe('rehearse', () => {
  let home: string
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'anabranch-rehearsal-'))
  })
  afterEach(() => rm(home, { recursive: true }))

  it('leaves nothing behind, nor anything of one that was killed', async () => {
    await writeFile(join(home, 'identity.key'), 'kept')
    await writeFile(join(home, 'rehearsal'), 'left by another')
    await rehearse(home, new AbortController().signal)
    expect(await readdir(home)).toEqual(['identity.key'])
  })

  it('leaves nothing behind when the node is stopped meanwhile', async () => {
    const stopped = new AbortController()
    const rehearsing = rehearse(home, stopped.signal)
    stopped.abort(new Error('stopped'))
    await expect(rehearsing).rejects.toThrow('stopped')
    expect(await readdir(home)).toEqual([])
  })

  it('fails where nothing can be written', async () => {
    const file = join(home, 'file')
    await writeFile(file, '')
    await expect(rehearse(join(file, 'home'), new AbortController().signal)).rejects.toThrow('ENOTDIR')
  })
})
