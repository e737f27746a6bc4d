import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readToken } from '../../src/cli/token.ts'
import { ConfigurationError } from '../../src/errors.ts'

async function tokenFile(text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'anabranch-token-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'token')
  await writeFile(file, text)
  return file
}

it('a token comes from its file, without the white space around it', async () => {
  const file = await tokenFile('0123456789abcdef\n')
  expect(await readToken({ tokenFile: file }, {})).toEqual({ token: '0123456789abcdef' })
})

it('a token comes from the environment where there is no file', async () => {
  const environment = { ANABRANCH_TOKEN: 'in-the-environment' }
  expect(await readToken({ tokenFile: undefined }, environment)).toEqual({ token: 'in-the-environment' })
  const file = await tokenFile('0123456789abcdef')
  expect(await readToken({ tokenFile: file }, environment)).toEqual({ token: '0123456789abcdef' })
})

it('there is no token where nobody gives one', async () => {
  expect(await readToken({ tokenFile: undefined }, {})).toEqual({})
  expect(await readToken({ tokenFile: undefined }, { ANABRANCH_TOKEN: '' })).toEqual({})
})

it('what is no token is refused with its place, and not shown', async () => {
  for (const text of ['tooshort', 'two words of many signs', 'x'.repeat(257), '']) {
    const file = await tokenFile(text)
    const error = await readToken({ tokenFile: file }, {}).catch(reason => reason)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toMatch(`${file}: a token must be 16 to 256 characters`)
    if (text !== '') expect(error.message).not.toContain(text)
  }
  await expect(readToken({ tokenFile: undefined }, { ANABRANCH_TOKEN: 'short' })).rejects.toThrow(
    'ANABRANCH_TOKEN: a token must be'
  )
  await expect(readToken({ tokenFile: '/nowhere/token' }, {})).rejects.toThrow(
    'Cannot read the token file /nowhere/token (ENOENT)'
  )
})
