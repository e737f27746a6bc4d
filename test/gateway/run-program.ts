import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import type { MemoryContent } from './memory-contents.ts'

/** Runs a program with these variables besides the path. Returns what it wrote; throws where it fails. */
export async function runProgram(
  program: string,
  args: string[],
  variables: Record<string, string> = {}
): Promise<Buffer> {
  const env = { PATH: `${process.env.PATH}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C', ...variables }
  const running = promisify(execFile)(program, args, { env, encoding: 'buffer', timeout: 20_000 })
  running.child.stdin?.end()
  return (await running).stdout
}

/** A directory that is removed when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'proxy-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** All files below a directory, by their names below a folder. */
export async function contentsIn(directory: string, folder: string): Promise<Record<string, MemoryContent>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  const contents = paths.map(async path => [
    join(folder, relative(directory, path)),
    { bytes: await readFile(path) }
  ])
  return Object.fromEntries(await Promise.all(contents))
}
