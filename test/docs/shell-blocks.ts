/** A block of shell commands on a page. */
export interface ShellBlock {
  /** Number of its first line on the page, from 1. */
  line: number
  /** Its lines as the page has them, without the indent. */
  text: string
  /** Its command lines: without comments, those that go on behind a backslash joined. */
  commands: string[]
  /** Why CI does not run it, as a comment of the page before it says: `<!-- not run: ... -->`. */
  notRun?: string
}

const OWN = /(^|[|&;(] *|sudo )(anabranch|relay|client|director|npm|npx)( |$)/
const FENCE = /^ *```/
/** Columns of an indented block outside of lists. */
const INDENT = 4
/** What the other lines of blocks that are meant for a shell begin with. */
const OTHERS =
  /^(export|mkdir|cd|echo|head|kill|rm|cp|cmp|curl|umask|openssl|apt-get|install|ip|for|git|sudo|systemctl|docker|ffmpeg) /

/** The blocks of a Markdown page, in its lists too, indented or fenced as `sh`, that hold commands for a shell. */
export function shellBlocks(page: string): ShellBlock[] {
  const blocks: ShellBlock[] = []
  const lines = page.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const isFence = FENCE.test(lines[at]!)
    if (!isFence && !(lines[at]!.startsWith('    ') && (lines[at - 1] ?? '') === '')) continue
    const start = isFence ? at + 1 : at
    const isOver = (line: string) => (isFence ? FENCE.test(line) : !/^( {4}|$)/.test(line))
    const length = lines.slice(start).findIndex(isOver)
    const end = length < 0 ? lines.length : start + length
    const text = withoutIndent(lines.slice(start, end))
    const isShell = isFence ? /^ *```(sh|bash)$/.test(lines[at]!) : isShellText(text)
    const notRun = notRunBefore(lines, at)
    if (isShell) {
      const commands = commandsIn(text)
      blocks.push({
        line: start + 1,
        text: text.join('\n').trimEnd(),
        commands,
        ...(notRun ? { notRun } : {})
      })
    }
    at = isFence ? end : end - 1
  }
  return blocks
}

/** Takes away the indent, which is deeper in a list. A drawing begins farther to the right than its other lines. */
function withoutIndent(lines: string[]): string[] {
  const indents = lines.filter(line => line !== '').map(line => line.search(/\S|$/))
  const own = Math.min(...indents) === indents[0] ? indents[0] : INDENT
  return lines.map(line => line.slice(own))
}

function isShellText(lines: string[]): boolean {
  return (
    lines.some(line => /^(anabranch|relay|client|director|npm|npx) /.test(line)) || OTHERS.test(lines[0]!)
  )
}

function commandsIn(lines: string[]): string[] {
  const joined = lines.join('\n').replace(/\\\n\s*/g, '')
  return joined
    .split('\n')
    .map(line => line.replace(/(^|\s)#.*$/, '').trim())
    .filter(line => line !== '')
}

function notRunBefore(lines: string[], at: number): string | undefined {
  const before = lines.slice(Math.max(0, at - 3), at).join('\n')
  return /<!-- not run: (\S[^>]*\S) -->\s*$/.exec(before)?.[1]
}

/** The calls of this program and of npm in a command line, as words; pipes and chains are several. */
export function ownCalls(command: string): string[][] {
  if (!OWN.test(command)) return []
  return splitCommands(wordsOf(command)).filter(([name]) =>
    /^(anabranch|relay|client|director|npm)$/.test(name!)
  )
}

function splitCommands(words: string[]): string[][] {
  const calls: string[][] = [[]]
  for (const word of words) {
    if (/^(\||\|\||&&|&|;)$/.test(word)) calls.push([])
    else calls.at(-1)!.push(word)
  }
  return calls
    .map(call => call.slice(call.findIndex(word => !/^(sudo|npx|--no|exec|[A-Z]\w*=\S*)$/.test(word))))
    .filter(call => call.length > 0)
}

/** Splits as a shell does: at spaces outside of quotes, which go. What goes to or comes from files is left out. */
function wordsOf(command: string): string[] {
  const words = command.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? []
  return words
    .map(word => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'))
    .filter((word, at, all) => !/^\d?>>?/.test(word) && !/^\d?>>?$/.test(all[at - 1] ?? ''))
}
