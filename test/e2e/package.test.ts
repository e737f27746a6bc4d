import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { hashOf, makeContent } from './contents.ts'
import { Cluster } from './harness.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const TYPESCRIPT = {
  compilerOptions: { strict: true, module: 'nodenext', target: 'es2024', types: ['node'] }
}

it('the package installs, its commands run, and the program of docs/library.md is right and works', async () => {
  const { directory } = await Cluster.create()
  const program = /```ts\n(.*?)```/s.exec(readFileSync(join(ROOT, 'docs/library.md'), 'utf8'))![1]!
  const [packed] = JSON.parse(
    (await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', directory], { cwd: ROOT }))
      .stdout
  )
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }')
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
  const extra = ['typescript', '@types/node'].map(name => `${name}@${versionOf(name)}`)
  await run('npm', ['install', ...flags, join(directory, packed.filename), ...extra], { cwd: directory })

  const bin = (name: string) => join(directory, 'node_modules/.bin', name)
  for (const name of ['anabranch', 'client', 'director', 'relay']) {
    expect((await run(bin(name), ['--help'])).stdout).toContain('Usage')
  }
  await writeFile(join(directory, 'program.ts'), program)
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(TYPESCRIPT))
  await run(bin('tsc'), ['-p', directory]).catch(({ stdout }) => expect(stdout).toBe(''))
  await mkdir(join(directory, 'films'))
  const hash = await makeContent(join(directory, 'films/a.mkv'), 1_000_000)
  const { stdout } = await run(process.execPath, [join(directory, 'program.js')], { cwd: directory })
  expect(stdout.trimEnd()).toMatch(/^2 routes, .*of 1000000 bytes$/s)
  expect(await hashOf(join(directory, 'copy.mkv'))).toBe(hash)

  const inside = "import('anabranch-overlay/dist/client/client.js')"
  await expect(run(process.execPath, ['-e', inside], { cwd: directory })).rejects.toThrow(
    'ERR_PACKAGE_PATH_NOT_EXPORTED'
  )
  expect(await readdir(join(directory, 'node_modules/anabranch-overlay'))).not.toContain('test')
})

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version
}
