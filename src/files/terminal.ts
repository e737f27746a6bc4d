/** The part of Node's terminal streams that is needed here; `_handle` is not documented. */
interface TerminalHandle {
  _handle?: { setBlocking?(blocking: boolean): void }
  isTTY?: boolean
  getWindowSize?(): [columns: number, rows: number]
}

/** What a terminal has room for, in cells. */
export interface TerminalSize {
  columns: number
  rows: number
}

/** The size of a terminal that does not know its own, as over a serial line. */
const USUAL_SIZE: TerminalSize = { columns: 80, rows: 24 }

/** Names of terminals that know no escape sequences, or of which nothing is known. */
const DUMB_TERMINALS = ['', 'dumb', 'unknown']

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

/** The size of a terminal as it is now. */
export function terminalSize(stream: TerminalHandle): TerminalSize {
  const [columns = 0, rows = 0] = stream.getWindowSize?.() ?? []
  return { columns: columns || USUAL_SIZE.columns, rows: rows || USUAL_SIZE.rows }
}

/** Whether the environment says that its terminal takes escape sequences. */
export function takesEscapes({ TERM = '' }: NodeJS.ProcessEnv): boolean {
  return !DUMB_TERMINALS.includes(TERM)
}

/**
 * Whether the environment asks for a character set other than UTF-8, as LANG=C does. Without any
 * word on it a terminal is taken for one of today, which shows UTF-8.
 */
export function isWithoutUtf8({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG
  return Boolean(locale) && !/utf-?8/i.test(locale!)
}
