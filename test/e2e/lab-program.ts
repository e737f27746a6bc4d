import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { runCommand } from '../../src/lab/command.ts'
import { UNREHEARSED } from './harness.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/bin/anabranch.js', import.meta.url))

export interface LabEvent {
  event: string
  [key: string]: unknown
}

/** A lab command, and what it says. Its sources and relays do not rehearse. */
export function startLab(...args: string[]) {
  const child = spawn(process.execPath, [PROGRAM, 'lab', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...UNREHEARSED }
  })
  const events: LabEvent[] = []
  createInterface(child.stdout!).on('line', line => events.push(JSON.parse(line)))
  return { child, events, ended: once(child, 'close') as Promise<[number | null, string | null]> }
}

/** Id of the lab that was brought up. */
export function labIdIn(events: LabEvent[]): string {
  const line = events
    .map(event => /^lab (\S+) is up/.exec(String(event.message)))
    .find(match => match !== null)
  return line![1]!
}

/** Fails where namespaces, processes or devices of the lab are left. */
export async function expectNothingLeft(labId: string): Promise<void> {
  expect(await runCommand(['ip', 'netns', 'list'])).not.toContain(labId)
  expect(await runCommand(['ps', '-e', '-o', 'args'])).not.toContain(labId)
  expect(await runCommand(['ip', '-o', 'link'])).not.toContain(labId)
}
