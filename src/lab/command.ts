import { spawn } from 'node:child_process'
import { AnabranchError } from '../errors.ts'
import type { Family } from '../topology/model.ts'

/** A program of the system that the lab drives (ip, tc, ethtool, ...) ended with an error. */
export class LabCommandError extends AnabranchError {
  constructor(argv: string[], detail: string, cause?: unknown) {
    super('ERR_LAB_COMMAND', `'${argv.join(' ')}' failed: ${detail.trim()}`, { cause })
  }
}

/** Runs a program to its end and returns its stdout. Throws LabCommandError where it fails or is missing. */
export function runCommand(argv: string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const [program, ...args] = argv
    const child = spawn(program!, args, { stdio: 'pipe' })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text
    })
    child.on('error', cause => reject(new LabCommandError(argv, String(cause), cause)))
    child.on('close', code => {
      if (code === 0) resolve(stdout)
      else reject(new LabCommandError(argv, stderr === '' ? `exit code ${code}` : stderr))
    })
    // The input's error is ignored: a program that ends before it has read its input gives the
    // reason by its exit code.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

/** Runs lines of `ip` in a namespace, all in one process. */
export async function runIp(namespace: string, lines: string[]): Promise<void> {
  if (lines.length > 0) await runCommand(['ip', '-n', namespace, '-batch', '-'], lines.join('\n') + '\n')
}

/** Runs lines of `ip` that say nothing of their version of IP, such as `rule add`. */
export async function runIpOf(family: Family, namespace: string, lines: string[]): Promise<void> {
  if (lines.length > 0)
    await runCommand(['ip', `-${family}`, '-n', namespace, '-batch', '-'], lines.join('\n') + '\n')
}

/** Runs lines of `tc` in a namespace, all in one process. */
export async function runTc(namespace: string, lines: string[]): Promise<void> {
  if (lines.length > 0) await runCommand(['tc', '-n', namespace, '-batch', '-'], lines.join('\n') + '\n')
}

/** Runs shell lines in a namespace. */
export async function runShell(namespace: string, lines: string[]): Promise<void> {
  if (lines.length > 0)
    await runCommand(['ip', 'netns', 'exec', namespace, 'sh', '-e'], lines.join('\n') + '\n')
}
