import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AnabranchError, ExitCode } from '../errors.ts'
import type { LinkNow } from '../topology/timeline.ts'

/** The facts about a running lab that another process needs to change it or to take it down. */
export interface LabState {
  id: string
  /**
   * Process that made the lab, with its start time, so that a later process of the same number is
   * not taken for it.
   */
  owner: { pid: number; startTime: string }
  /** Absolute path of the topology file; `text` is the file's text when the lab was brought up. */
  file: string
  text: string
  /** The way in which the links are emulated. */
  kind: 'host netem' | 'user-mode Linux'
  /** Numbers of the links that go through the delay box. */
  boxed: number[]
  /** The links in their current state. */
  links: LinkNow[]
  /** Directory for large files (contents and fetched files); it is removed with the lab. */
  workDirectory: string
}

/** No lab has that name, or it is not clear which lab is meant. */
export class LabNotFoundError extends AnabranchError {
  constructor(message: string) {
    super('ERR_LAB_NOT_FOUND', message, { exitCode: ExitCode.notFound })
  }
}

/** Directory of all labs of this user: in XDG_RUNTIME_DIR, or /run where that is unset. */
export function labsDirectory(): string {
  return join(process.env.XDG_RUNTIME_DIR ?? '/run', 'anabranch', 'labs')
}

export function labDirectory(labId: string): string {
  return join(labsDirectory(), labId)
}

export async function writeLabState(state: LabState): Promise<void> {
  const path = join(labDirectory(state.id), 'state.json')
  await mkdir(labDirectory(state.id), { recursive: true, mode: 0o700 })
  await writeFile(path + '.new', JSON.stringify(state))
  await rename(path + '.new', path)
}

/** Reads the state of a lab. Throws LabNotFoundError. */
export async function readLabState(labId: string): Promise<LabState> {
  try {
    return JSON.parse(await readFile(join(labDirectory(labId), 'state.json'), 'utf8'))
  } catch {
    throw new LabNotFoundError(`no lab '${labId}' is up; see \`lab list\``)
  }
}

export async function removeLabState(labId: string): Promise<void> {
  await rm(labDirectory(labId), { recursive: true, force: true })
}

/** Ids of all labs that are up, those whose process has died included. */
export async function listLabs(): Promise<string[]> {
  return (await readdir(labsDirectory()).catch(() => [])).toSorted()
}

/** The id of the named lab, or of the only one. Throws LabNotFoundError. */
export async function chooseLab(labId: string | undefined): Promise<string> {
  const labs = await listLabs()
  if (labId !== undefined) {
    if (!labs.includes(labId)) throw new LabNotFoundError(`no lab '${labId}' is up; see \`lab list\``)
    return labId
  }
  if (labs.length === 0) throw new LabNotFoundError('no lab is up; start one with `lab up FILE`')
  if (labs.length > 1)
    throw new LabNotFoundError(`more than one lab is up: name one with --lab (${labs.join(', ')})`)
  return labs[0]!
}

/** Start time of a process as the kernel counts it; undefined where there is none. */
export async function processStartTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The start time is the 22nd field of all; the split text begins after the command's closing
  // bracket.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}
