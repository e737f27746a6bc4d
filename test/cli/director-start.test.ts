import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { directorStart } from '../../src/cli/director-start.ts'
import { Reporter } from '../../src/cli/reporter.ts'
import type { DirectorOptions } from '../../src/director/director.ts'

const failure = new Error('something is wrong')

vi.mock('../../src/transport/node.ts', () => ({
  createNode: async () => ({ peerId: 'a peer', getMultiaddrs: () => [] })
}))
vi.mock('../../src/director/director.ts', () => ({
  Director: class {
    readonly counts = { nodes: 0, contents: 0, watches: 0 }
    readonly #options: DirectorOptions

    constructor(options: DirectorOptions) {
      this.#options = options
    }

    async start() {
      this.#options.onFailure?.(failure)
      throw new Error('end of the test')
    }
  }
}))

async function told(flags: string[]) {
  const home = await mkdtemp(join(tmpdir(), 'anabranch-director-'))
  onTestFinished(() => rm(home, { recursive: true }))
  const written = { stdout: '', stderr: '' }
  const io = {
    stdout: { write: (text: string) => (written.stdout += text) },
    stderr: { write: (text: string) => (written.stderr += text) },
    environment: { XDG_CONFIG_HOME: home, XDG_RUNTIME_DIR: home }
  }
  const run = {
    ...io,
    reporter: new Reporter({ ...io, json: false, quiet: false, verbosity: 0 }),
    exitCode: 0,
    isDaemon: false,
    allFlags: () => [],
    cutShort: Promise.withResolvers<number>()
  }
  const started = directorStart(run).parseAsync(['--home', home, ...flags], { from: 'user' })
  await expect(started).rejects.toThrow('end of the test')
  return written
}

it('tells of requests that failed through its own fault, as the peers are told that it does', async () => {
  expect((await told(['--json'])).stdout).toBe('{"event":"problem","message":"something is wrong"}\n')
  expect((await told([])).stderr).toBe('a request failed: something is wrong\n')
  expect((await told(['-vv'])).stderr).toBe(`a request failed: something is wrong\n${failure.stack}\n`)
})
