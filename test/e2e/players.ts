import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'

/** A program that plays, makes or downloads something, and ends with the test. */
export interface Player {
  child: ChildProcess
  /** What it says on stderr. */
  complaints: Promise<string>
  /** Its exit code and its signal. */
  ended: Promise<unknown[]>
}

/** Starts a program; an argument that has spaces stands for several. */
export function player(program: string, args: string[]): Player {
  const child = spawn(program, wordsOf(args), { stdio: 'pipe' })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return { child, complaints: textOf(child.stderr), ended: once(child, 'close') }
}

/** ffmpeg, which says on stderr only what goes wrong. */
export function ffmpeg(args: string[]): Player {
  return player('ffmpeg', ['-nostdin -nostats -loglevel error', ...args])
}

export async function textOf(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

function wordsOf(args: string[]): string[] {
  return args.flatMap(part => part.split(' '))
}
