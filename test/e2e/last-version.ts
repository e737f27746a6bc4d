import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/**
 * Stands for the last version, as none is published yet: the oldest commit whose nodes get on with those of today. After
 * a release it is the commit of that release.
 */
export const LAST_VERSION = '35c2c9caf322a88be2c2329c5ea711505086a993'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MODULES = join(ROOT, 'node_modules')
const CACHE = join(MODULES, '.cache', 'anabranch-last-version')
const run = promisify(execFile)

/** Builds the last version, once for all runs, with the dependencies of this one. Returns its `anabranch`. */
export async function lastVersion(): Promise<string> {
  const built = join(CACHE, LAST_VERSION)
  if (!existsSync(built)) {
    await mkdir(CACHE, { recursive: true })
    const fresh = await mkdtemp(join(CACHE, 'fresh-'))
    try {
      await checkOut(fresh)
      await linkModules(fresh)
      await run(process.execPath, ['scripts/build.mjs'], { cwd: fresh })
      await rename(fresh, built)
    } finally {
      await rm(fresh, { recursive: true, force: true })
    }
  }
  return join(built, 'dist/bin/anabranch.js')
}

async function checkOut(directory: string): Promise<void> {
  const git = (...args: string[]) => run('git', args, { cwd: ROOT })
  const isHere = await git('cat-file', '-e', `${LAST_VERSION}^{commit}`).then(
    () => true,
    () => false
  )
  // A shallow clone has not all commits.
  if (!isHere) {
    await git('fetch', '--depth=1', 'origin', LAST_VERSION).catch(cause => {
      const remedy = 'this needs a git checkout with the whole history: git fetch --unshallow'
      throw new Error(`the commit of the last version, ${LAST_VERSION}, is not here; ${remedy}`, { cause })
    })
  }
  const archive = join(directory, 'archive.tar')
  await git('archive', '--format=tar', '-o', archive, LAST_VERSION)
  await run('tar', ['-xf', archive, '-C', directory])
}

/**
 * Lends it the modules of this version, which has to have those that it wants. It gets a folder of its own, into which
 * its build puts its commands.
 */
async function linkModules(directory: string): Promise<void> {
  const { dependencies } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'))
  for (const [name, version] of Object.entries(dependencies)) {
    const here = JSON.parse(await readFile(join(MODULES, name, 'package.json'), 'utf8')).version
    if (here !== version)
      throw new Error(`the last version wants ${name}@${version}, and ${here} is installed`)
  }
  await mkdir(join(directory, 'node_modules/.bin'), { recursive: true })
  for (const folder of ['node_modules', 'node_modules/.bin']) {
    const entries = (await readdir(join(ROOT, folder))).filter(entry => !entry.startsWith('.'))
    for (const entry of entries) await symlink(join(ROOT, folder, entry), join(directory, folder, entry))
  }
}
