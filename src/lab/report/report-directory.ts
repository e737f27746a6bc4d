import { mkdir, rename, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * Makes a directory of its own for what is reported of `name`: PARENT/NAME/DATE-TIME in UTC, with a
 * number after it where two start in one second. Returns its absolute path.
 */
export async function makeReportDirectory(parent: string, name: string, startedAt: Date): Promise<string> {
  const all = resolve(parent, name)
  await mkdir(all, { recursive: true })
  const time = startedAt
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replaceAll(':', '')
    .replace('T', '-')
  for (let number = 1; ; number++) {
    const directory = join(all, number === 1 ? time : `${time}-${number}`)
    try {
      await mkdir(directory)
      return directory
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** Has the link `latest`, beside a report's directory, lead to it. */
export async function pointLatest(directory: string): Promise<void> {
  const made = `${directory}.latest`
  await rm(made, { force: true })
  await symlink(basename(directory), made)
  // A rename replaces the old link at once: nobody finds none.
  await rename(made, join(dirname(directory), 'latest'))
}
