/** The part of Node's terminal streams that Node does not document. */
interface TerminalHandle {
  _handle?: { setBlocking?(blocking: boolean): void }
  isTTY?: boolean
}

/**
 * Makes a terminal's stream keep the bytes that the terminal does not take, as the streams of pipes
 * do. By default Node lets such writes block the event loop, so that Ctrl-S at the terminal would
 * stop the whole process, its signals included. Node opens the terminal anew for its stream: other
 * programs at the same terminal are not affected.
 */
export function neverBlocking<S extends TerminalHandle>(stream: S): S {
  if (stream.isTTY) stream._handle?.setBlocking?.(false)
  return stream
}
