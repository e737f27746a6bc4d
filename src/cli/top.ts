import type { Command } from 'commander'
import { ExitCode } from '../errors.ts'
import type { NodesView } from '../node-page/nodes-view.ts'
import { systemScheduler } from '../scheduler.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import { GENERAL_SETTINGS } from './common-settings.ts'
import { FETCH_SETTINGS } from './fetch-settings.ts'
import { toggle } from './settings.ts'
import { onEndSignal } from './signals.ts'

/** Milliseconds from one picture to the next. */
const INTERVAL_MS = 1_000
/** Columns of a picture that goes to no terminal, where COLUMNS says nothing. */
const WIDEST = 200

const SETTINGS = {
  once: toggle('show one picture and end, as also where the output is no terminal'),
  ...GENERAL_SETTINGS
}

/** `top`: what this user's daemons and fetches carry, again and again. */
export function topCommand(run: CliRun): Command {
  return defineCommand(
    {
      name: 'top',
      summary: 'watch what the daemons and fetches of this user on this host carry; q ends it',
      role: 'client',
      settings: SETTINGS,
      alsoInFile: FETCH_SETTINGS,
      endsInOrder: true,
      examples: ['anabranch top', 'anabranch top --once', 'anabranch top --json | jq ".relays[].routes"'],
      run: async ({ once }, context) => {
        const look = await looker(context.environment)
        if (context.reporter.json && !once) return await tellOn(look, context)
        if (once || !context.terminal || !process.stdout.isTTY) return await showOnce(look, context)
        return await showOn(look, context, context.terminal)
      }
    },
    run
  )
}

type Look = () => Promise<NodesView>

/** Returns what asks all daemons and fetches once. */
async function looker(environment: NodeJS.ProcessEnv): Promise<Look> {
  const { controlDirectory } = await import('./control-place.ts')
  const { runningFetches } = await import('./control-asking.ts')
  const { runningDaemons } = await import('./status-asking.ts')
  const { NodesMeter } = await import('../node-page/nodes-view.ts')
  const directory = controlDirectory(environment)
  const meter = new NodesMeter()
  return async () => {
    const [daemons, fetches] = await Promise.all([
      runningDaemons(directory, INTERVAL_MS),
      runningFetches(directory, INTERVAL_MS)
    ])
    for (const { close } of fetches) close()
    return meter.follow(daemons, fetches, performance.now())
  }
}

/** Rates need two looks. */
async function showOnce(look: Look, { reporter, environment }: CommandContext): Promise<number> {
  const { topLines } = await import('./top/top-lines.ts')
  const end = new EndWatch()
  await end.unless(look())
  const view = (await end.after(INTERVAL_MS)) ? await end.unless(look()) : undefined
  end.forget()
  if (!view) return ExitCode.signal
  const columns = process.stdout.isTTY ? process.stdout.columns : Number(environment.COLUMNS) || WIDEST
  reporter.data({ event: 'top', ...view }, topLines(view, { columns, color: false, isAscii: false }))
  return ExitCode.ok
}

/** One line of JSON each second, from the second look on, which has rates. */
async function tellOn(look: Look, { reporter }: CommandContext): Promise<number> {
  const end = new EndWatch()
  await end.unless(look())
  while (await end.after(INTERVAL_MS)) {
    const view = await end.unless(look())
    if (view) reporter.tell({ event: 'top', ...view }, '')
  }
  end.forget()
  return ExitCode.ok
}

/** A picture on the terminal that is drawn anew each second, and when the terminal's size changes. */
async function showOn(
  look: Look,
  { environment }: CommandContext,
  terminal: NonNullable<CommandContext['terminal']>
): Promise<number> {
  const { topLines } = await import('./top/top-lines.ts')
  const { KeyWatch } = await import('./top/key-watch.ts')
  const end = new EndWatch()
  const keys = new KeyWatch(process.stdin, {
    onEnd: () => end.ask(),
    onStop: () => terminal.erase(),
    onContinue: () => terminal.forget()
  })
  let view = await end.unless(look())
  const draw = () => {
    if (!view || terminal.isBehind) return
    const { columns, rows } = terminal.size
    // A cell at the end of each line stays free, beyond which some terminals go on below.
    const options = { columns: columns - 1, rows: rows - 1, isAscii: terminal.isAscii }
    terminal.draw(topLines(view, { ...options, color: !environment.NO_COLOR }))
  }
  const stopResizing = terminal.onResize(draw)
  try {
    draw()
    while (await end.after(INTERVAL_MS)) {
      view = (await end.unless(look())) ?? view
      draw()
    }
  } finally {
    stopResizing()
    keys.close()
    terminal.erase()
    end.forget()
  }
  return ExitCode.ok
}

/** The end that a signal or a key asks for, and the waits that it cuts short. */
class EndWatch {
  #isAsked = false
  #wake = () => {}
  readonly forget = onEndSignal(() => this.ask())

  ask(): void {
    this.#isAsked = true
    this.#wake()
  }

  /** Resolves after the time with true, or with false once the end is asked for. */
  after(timeMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const cancel = systemScheduler.after(timeMs, () => resolve(true))
    this.#wake = () => {
      cancel()
      resolve(false)
    }
    if (this.#isAsked) this.#wake()
    return promise
  }

  /** Resolves with what comes first: the outcome of a look, or undefined once the end is asked for. */
  async unless<T>(look: Promise<T>): Promise<T | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>()
    this.#wake = () => resolve(undefined)
    look.then(resolve, reject)
    if (this.#isAsked) this.#wake()
    return await promise
  }
}
