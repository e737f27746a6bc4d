import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { hashOf, makeContent } from './contents.ts'
import { Cluster, shared } from './harness.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const OURS = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const TYPESCRIPT = {
  compilerOptions: { strict: true, module: 'nodenext', target: 'es2024', types: ['node'] }
}
const FLAGS = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
const SIZE = 1_000_000
const run = promisify(execFile)
const versionOf = (name: string): string =>
  JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version

/** The oldest Node that package.json promises, and the one that the project brings. */
const NODES = [OURS.engines.node.replace('>=', '').replace(/^(\d+\.\d+)$/, '$1.0'), versionOf('node')]

/** The package as it is published, in a directory of its own. */
const packed = shared(async whenOver => {
  const { directory } = await Cluster.create(whenOver)
  const destination = ['--json', '--pack-destination', directory]
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', ...destination], { cwd: ROOT })
  return join(directory, JSON.parse(stdout)[0].filename)
})

describe.each(NODES)('on Node %s', version => {
  /** A `PATH` on which that Node is the first. */
  const path = shared(async whenOver => {
    const { directory } = await Cluster.create(whenOver)
    const bin = join(directory, 'bin')
    await mkdir(bin)
    await symlink(await nodeOf(version, directory), join(bin, 'node'))
    return [bin, process.env.PATH].join(delimiter)
  })
  /** Runs something with that Node. */
  const runThere = async (file: string, args: string[], cwd: string) =>
    await run(file, args, { cwd, env: { ...process.env, PATH: path() } })

  it('the package installs for all users, and its commands make a network and fetch over it', async () => {
    const cluster = await Cluster.create()
    const prefix = cluster.path('prefix')
    await runThere('npm', ['install', '-g', '--prefix', prefix, ...FLAGS, packed()], cluster.directory)
    const bin = (name: string) => join(prefix, 'bin', name)
    for (const name of ['client', 'director', 'relay'])
      expect((await runThere(bin(name), ['--help'], prefix)).stdout).toContain('Usage')
    const { stdout } = await runThere(bin('anabranch'), ['--version'], prefix)
    expect(stdout).toContain(OURS.version)
    expect(stdout).toContain(version)
    const licenses = join(prefix, 'lib/node_modules/anabranch-overlay/dist/THIRD-PARTY-LICENSES.txt')
    const text = await readFile(licenses, 'utf8')
    // What the commands hold of other packages is there with its terms, what only developers need is not.
    for (const name of ['@opentelemetry/api', 'commander', 'libp2p'])
      expect(text).toContain(`\n${name} ${versionOf(name)}\n`)
    expect(text).toContain('Apache License')
    expect(text).not.toContain('vitest')

    const topologies = join(prefix, 'lib/node_modules/anabranch-overlay/topology')
    const files = (await readdir(topologies)).filter(name => name.endsWith('.yaml'))
    const validate = ['lab', 'validate', ...files.map(name => join(topologies, name))]
    expect((await runThere(bin('anabranch'), validate, prefix)).stdout).toContain('collapse-and-recovery')

    const options = { program: bin('anabranch'), environment: { PATH: path() } }
    const hash = await makeContent(join(cluster.contents, 'a.mkv'), SIZE)
    cluster.director = await cluster.startDirector(undefined, [], options)
    const members = await Promise.all([
      cluster.startMember('source', 'source', ['--dir', cluster.contents], options),
      cluster.startMember('relay', 'relay', [], options)
    ])
    for (const member of members) await member.event('registered')
    await cluster.fetch('a.mkv', cluster.path('copy'), [], options).outcome('done')
    expect(await hashOf(cluster.path('copy'))).toBe(hash)
  })

  it('npx runs a command from the packed file', async () => {
    const { directory } = await Cluster.create()
    // npx installs into its cache, where nothing may stay.
    const flags = ['--yes', '--cache', join(directory, 'cache'), `--package=${packed()}`]
    const { stdout } = await runThere('npx', [...flags, 'anabranch', '--version'], directory)
    expect(stdout).toContain(version)
  })

  it('the program of docs/library.md is right and works, and internals are out of reach', async () => {
    const { directory } = await Cluster.create()
    const program = /```ts\n(.*?)```/s.exec(readFileSync(join(ROOT, 'docs/library.md'), 'utf8'))![1]!
    await writeFile(join(directory, 'package.json'), '{ "type": "module" }')
    const extra = ['typescript', '@types/node'].map(name => `${name}@${versionOf(name)}`)
    await runThere('npm', ['install', ...FLAGS, packed(), ...extra], directory)

    await writeFile(join(directory, 'program.ts'), program)
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(TYPESCRIPT))
    const tsc = join(directory, 'node_modules/.bin/tsc')
    await runThere(tsc, ['-p', directory], directory).catch(({ stdout }) => expect(stdout).toBe(''))
    await mkdir(join(directory, 'films'))
    const hash = await makeContent(join(directory, 'films/a.mkv'), SIZE)
    const { stdout } = await runThere('node', [join(directory, 'program.js')], directory)
    expect(stdout.trimEnd()).toMatch(/^2 routes, .*of 1000000 bytes$/s)
    expect(await hashOf(join(directory, 'copy.mkv'))).toBe(hash)

    const inside = "import('anabranch-overlay/dist/client/client.js')"
    await expect(runThere('node', ['-e', inside], directory)).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED')
    expect(await readdir(join(directory, 'node_modules/anabranch-overlay'))).not.toContain('test')
  })
})

/** Where that Node is: the one that runs the tests, or one from npm, put into `directory`. */
async function nodeOf(version: string, directory: string): Promise<string> {
  if (process.versions.node === version) return await realpath(process.execPath)
  const name = `node-${process.platform}-${process.arch}`
  await run('npm', ['install', ...FLAGS, '--prefix', directory, `${name}@${version}`], { cwd: directory })
  return join(directory, 'node_modules', name, 'bin/node')
}
