/** The part of Node's terminal streams that it does not document. */
interface TerminalHandle {
  _handle?: { setBlocking?(blocking: boolean): void }
  isTTY?: boolean
}

/**
 * Has a terminal's stream keep what the terminal does not take, as pipes' streams do. Node has such writes wait in the event
 * loop, so that Ctrl-S at the terminal would stop the whole process, its signals included. Node opens the terminal anew for its
 * stream: other programs at the same terminal are not affected.
 */
export function neverBlocking<S extends TerminalHandle>(stream: S): S {
  if (stream.isTTY) stream._handle?.setBlocking?.(false)
  return stream
}
