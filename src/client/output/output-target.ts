import { readlinkSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

/** Number of symbolic links that are followed one after the other, as many as Linux follows. */
const MAX_LINKS = 40

/** The kind of thing that has the name of an output, or could get it. */
export type OutputTarget =
  /** A regular file, or no file yet. */
  | { kind: 'file' }
  | { kind: 'directory' }
  /** One of this process's own descriptors, such as /dev/stdout, whatever it leads to. */
  | { kind: 'descriptor'; descriptor: number }
  | { kind: 'fifo' | 'socket' | 'device' }

/**
 * Looks at the kind of thing that has the name now. All but files and directories are written to as
 * a stream.
 */
export function outputTarget(path: string): OutputTarget {
  const descriptor = descriptorOf(path)
  if (descriptor !== undefined) return { kind: 'descriptor', descriptor }
  const stats = statsOf(path)
  if (stats === undefined || stats.isFile()) return { kind: 'file' }
  if (stats.isDirectory()) return { kind: 'directory' }
  if (stats.isFIFO()) return { kind: 'fifo' }
  return { kind: stats.isSocket() ? 'socket' : 'device' }
}

/** The path that writing would lead to, with all symbolic links followed, whether or not a file is there. */
export function realTarget(path: string): string {
  let current = resolve(path)
  for (let links = 0; links < MAX_LINKS; links++) {
    try {
      return realpathSync(current)
    } catch {
      const next = linkedFrom(current)
      if (next === undefined) break
      current = next
    }
  }
  try {
    return resolve(realpathSync(dirname(current)), basename(current))
  } catch {
    return current
  }
}

/**
 * Whether the descriptor was open when this process began: Node opens others for itself, and to write to one of those ends
 * it. The shell that starts the program tells which were open where it can; of the first three it makes sure itself.
 */
export function isGivenDescriptor(descriptor: number): boolean {
  const given = process.env.ANABRANCH_OPEN_DESCRIPTORS
  return descriptor <= 2 || given === undefined || given.split(' ').includes(String(descriptor))
}

/** The number of the descriptor of this process that the path names: /dev/stdout, /dev/fd/N, or a link to one of them. */
function descriptorOf(path: string): number | undefined {
  const own = `/proc/${process.pid}/fd`
  let current: string | undefined = resolve(path)
  for (let links = 0; links < MAX_LINKS && current !== undefined; links++) {
    const name = basename(current)
    if (/^\d+$/.test(name) && realTarget(dirname(current)) === own) return Number(name)
    current = linkedFrom(current)
  }
  return undefined
}

/**
 * The file's status; undefined where there is none, or where it cannot be read: opening it as a
 * file will say why.
 */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

/** The target of a symbolic link; undefined for anything else. */
function linkedFrom(path: string): string | undefined {
  try {
    return resolve(dirname(path), readlinkSync(path))
  } catch {
    return undefined
  }
}
