import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** One process of the benchmark: a role of roles.ts, with what it says over the channel between them. */
export class Process {
  readonly child: ChildProcess

  constructor(role: string, order: object) {
    this.child = fork(fileURLToPath(new URL('roles.ts', import.meta.url)), [role, JSON.stringify(order)], {
      // A session of its own: its priority is that of the process.
      detached: true,
      execArgv: ['--experimental-transform-types', '--no-warnings']
    })
  }

  /** The next message of the process. Throws when it ends before. */
  async told<T>(): Promise<T> {
    const gone = new AbortController()
    const exit = () => gone.abort(new Error('a process has ended'))
    this.child.once('exit', exit)
    try {
      const [message] = await once(this.child, 'message', gone)
      return message as T
    } finally {
      this.child.off('exit', exit)
    }
  }

  async ask<T>(what: string): Promise<T> {
    const answer = this.told<T>()
    this.child.send(what)
    return await answer
  }

  /** Seconds since its start in which its main thread had a processor, and in which it waited for one. */
  get processorTime(): { usedSeconds: number; waitedSeconds: number } {
    const [used, waited] = readFileSync(`/proc/${this.child.pid}/schedstat`, 'utf8').split(' ')
    return { usedSeconds: Number(used) / 1e9, waitedSeconds: Number(waited) / 1e9 }
  }

  /** Memory in MiB: `VmRSS` now, `VmHWM` at most so far. */
  memoryMib(what: 'VmRSS' | 'VmHWM'): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8')
    return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)![1]) / 1024
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    this.child.kill('SIGKILL')
    await once(this.child, 'exit')
  }
}
