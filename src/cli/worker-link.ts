import { askForEnd, endIsAsked } from './signals.ts'

// A worker and the process that runs it talk over Node's channel between parent and child.

/** What a worker tells the process that runs it: it serves, and a director knows it where it registers with any. */
export const READY = 'ready'

/** What a worker is asked to do: end in good order. */
export const END = 'end'

/**
 * Has a worker end when the process that runs it asks for that, or is gone. Whoever sends a signal to
 * all processes of the command ends it by that already, so what comes over the channel then asks for nothing more.
 */
export function followParent(): void {
  const end = (): void => {
    if (!endIsAsked()) askForEnd('SIGTERM')
  }
  process.on('message', message => {
    if (message === END) end()
  })
  process.on('disconnect', end)
}

/** Tells the process that runs this worker that it is ready; does nothing in a process that is no worker. */
export function tellReady(): void {
  if (process.connected) process.send?.(READY)
}
