import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ConfigurationError, ExitCode } from '../../src/errors.ts'
import { openHome } from '../../src/transport/home.ts'

const MODULE = new URL('../../src/transport/home.ts', import.meta.url).href

/** A home that is not there yet. */
async function newHome(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'anabranch-home-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return join(directory, 'home')
}

describe('a home', () => {
  it('is of one process at a time, and free when that has been killed', async () => {
    const home = await newHome()
    const code = `const { openHome } = await import('${MODULE}')
      await openHome(${JSON.stringify(home)})
      console.log('open')
      setInterval(() => {}, 1000)`
    const flags = ['--experimental-transform-types', '--no-warnings', '--input-type=module']
    const child = spawn(process.execPath, [...flags, '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    const key = await readFile(join(home, 'identity.key'))
    await expect(openHome(home)).rejects.toMatchObject({
      code: 'ERR_HOME_BUSY',
      exitCode: ExitCode.usage,
      message: `another process (${child.pid}) uses the home ${home}; give this one another`
    })
    child.kill('SIGKILL')
    await ended
    await openHome(home)
    expect(await readFile(join(home, 'identity.key'))).toEqual(key)
  })

  it('is refused where something else has the name of its lock', async () => {
    const home = await newHome()
    await mkdir(home)
    await writeFile(join(home, 'lock'), 'of another program')
    await expect(openHome(home)).rejects.toBeInstanceOf(ConfigurationError)
    expect(await readFile(join(home, 'lock'), 'utf8')).toBe('of another program')
  })

  it.each(['/proc/x', '/proc/self/cmdline/x/y', '/dev/null'])(
    'that cannot be made is refused at once: %s',
    async home => {
      await expect(openHome(home)).rejects.toMatchObject({ exitCode: ExitCode.configuration })
      await expect(openHome(home)).rejects.toThrow(home)
    }
  )
})
