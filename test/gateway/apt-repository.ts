import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { runProgram } from './run-program.ts'

const SUITE = 'dists/stable'
const PACKAGES = `${SUITE}/main/binary-all`

export interface AptRepository {
  /** What is served. */
  root: string
  /** The file of the key that it is signed with. */
  key: string
}

/** Makes a small signed repository with one package for each name below a directory that is there. */
export async function makeAptRepository(directory: string, names: string[]): Promise<AptRepository> {
  const [root, pool] = [join(directory, 'repository'), join(directory, 'repository/pool')]
  await mkdir(pool, { recursive: true })
  await mkdir(join(root, PACKAGES), { recursive: true })
  for (const name of names) await makePackage(directory, name, pool)
  const list = await runProgram('sh', ['-c', 'cd "$0" && apt-ftparchive packages pool', root])
  await writeFile(join(root, PACKAGES, 'Packages'), list)
  const about = ['Suite=stable', 'Codename=stable', 'Components=main', 'Architectures=all']
  const options = about.map(each => `-oAPT::FTPArchive::Release::${each}`)
  const release = await runProgram('apt-ftparchive', [...options, 'release', join(root, SUITE)])
  await writeFile(join(directory, 'Release'), release)
  return { root, key: await sign(directory, join(directory, 'Release'), join(root, SUITE, 'InRelease')) }
}

async function makePackage(directory: string, name: string, pool: string): Promise<void> {
  const tree = join(directory, name)
  await mkdir(join(tree, 'DEBIAN'), { recursive: true })
  const control = {
    Package: name,
    Version: '1.0+b1',
    Architecture: 'all',
    Maintainer: 'Nobody <nobody@example.org>',
    Description: 'a package of a test'
  }
  const lines = Object.entries(control).map(([key, value]) => `${key}: ${value}\n`)
  await writeFile(join(tree, 'DEBIAN/control'), lines.join(''))
  await runProgram('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, pool])
}

async function sign(directory: string, text: string, signed: string): Promise<string> {
  const home = join(directory, 'keys')
  await mkdir(home, { mode: 0o700 })
  const gpg = (...args: string[]) => runProgram('gpg', ['--homedir', home, '--batch', '-q', ...args])
  onTestFinished(async () => void (await runProgram('gpgconf', ['--homedir', home, '--kill', 'all'])))
  await gpg('--passphrase', '', '--quick-gen-key', 'nobody@example.org', 'ed25519', 'sign', 'never')
  await gpg('--output', signed, '--clearsign', text)
  await gpg('--output', join(directory, 'key.gpg'), '--export')
  return join(directory, 'key.gpg')
}

/** Settings of apt, read before all others, with which it uses nothing of this host but its programs. */
export async function makeAptConfig(
  directory: string,
  { source, proxy }: { source: string; proxy: string }
): Promise<string> {
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'etc', 'log'])
    await mkdir(join(directory, part), { recursive: true })
  await writeFile(join(directory, 'status'), '')
  await writeFile(join(directory, 'etc/sources.list'), `${source}\n`)
  const settings = {
    'Dir::State': join(directory, 'state'),
    'Dir::State::status': join(directory, 'status'),
    'Dir::Cache': join(directory, 'cache'),
    'Dir::Log': join(directory, 'log'),
    'Dir::Etc': join(directory, 'etc'),
    'Dir::Etc::Trusted': '/dev/null',
    'Dir::Etc::TrustedParts': '/dev/null',
    'Acquire::http::Proxy': proxy,
    'Acquire::Languages': 'none',
    'Acquire::Retries': '0',
    'APT::Sandbox::User': 'root'
  }
  const lines = Object.entries(settings).map(([key, value]) => `${key} "${value}";\n`)
  await writeFile(join(directory, 'apt.conf'), lines.join(''))
  return join(directory, 'apt.conf')
}
