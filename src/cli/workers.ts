import { spawn } from 'node:child_process'
import { systemScheduler } from '../scheduler.ts'
import { runUntilSignal } from './daemon.ts'
import { MALLOC_TUNABLES } from './malloc-tunables.ts'
import type { Reporter } from './reporter.ts'
import { onHangUp } from './signals.ts'
import { WORKER_VARIABLE } from './worker.ts'
import { type WorkerChange, WorkerKeeper, type WorkerProcess, type WorkerWatch } from './worker-keeper.ts'
import { END, READY } from './worker-link.ts'

interface WorkersContext {
  reporter: Reporter
  environment: NodeJS.ProcessEnv
  /** The file that settings came from; undefined without one. */
  configFile: string | undefined
}

/**
 * Runs this command `count` times, as the workers that share its work, until a signal asks for the
 * end. SIGHUP goes on to all of them, and SIGUSR2 starts them anew in turn, with the program that is
 * installed by then. Resolves with the exit code.
 */
export async function runWorkers(
  count: number,
  { reporter, environment, configFile }: WorkersContext
): Promise<number> {
  const children = new Set<ReturnType<typeof spawn>>()
  const keeper = new WorkerKeeper({
    count,
    run: (number, watch) => runWorker(`${number}/${count}`, { environment, watch, children }),
    onChange: change => tellChange(reporter, change),
    scheduler: systemScheduler
  })
  if (configFile !== undefined) {
    onHangUp(() => {
      for (const child of children) child.kill('SIGHUP')
    })
  }
  process.on('SIGUSR2', () => {
    reporter.tell(
      { event: 'restarting', workers: count },
      `starting ${count} workers anew, one after the other`
    )
    void keeper
      .restart()
      .then(() => reporter.tell({ event: 'restarted', workers: count }, 'all workers were started anew'))
  })
  keeper.start()
  const stopped = runUntilSignal(() => keeper.stop())
  const failed = keeper.failed.then(async code => {
    await keeper.stop()
    return code
  })
  return await Promise.race([stopped, failed])
}

interface RunOptions {
  environment: NodeJS.ProcessEnv
  watch: WorkerWatch
  children: Set<ReturnType<typeof spawn>>
}

function runWorker(place: string, { environment, watch, children }: RunOptions): WorkerProcess {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { GLIBC_TUNABLES: MALLOC_TUNABLES, ...environment, [WORKER_VARIABLE]: place }
  })
  children.add(child)
  child.on('message', message => {
    if (message === READY) watch.ready()
  })
  // A process that could not be started gives an error and no end.
  child.once('error', () => over(null))
  child.once('exit', over)
  function over(code: number | null): void {
    if (children.delete(child)) watch.ended(code)
  }
  return {
    pid: child.pid,
    askForEnd: () => {
      if (child.connected) child.send(END)
    }
  }
}

function tellChange(reporter: Reporter, change: WorkerChange): void {
  const { kind, ...rest } = change
  const event = { event: 'worker' as const, change: kind, ...rest }
  if (change.kind === 'started') {
    reporter.tell(event, `worker ${change.worker} is process ${change.pid}`, 1)
    return
  }
  const { worker, code, againMs } = change
  const how = code === null ? 'was ended by a signal' : `ended with exit code ${code}`
  if (againMs === undefined) reporter.tell(event, `worker ${worker} ${how}`, 1)
  else reporter.tell(event, `worker ${worker} ${how}; it starts again in ${againMs / 1000} s`)
}
