/** An error of the program, as its class stands in the source. */
export interface ErrorInfo {
  code: string
  /** First sentence of what is said of its class. */
  meaning: string
  /** Name of an exit code, such as `network`; absent where it is `other`. */
  exitCode?: string
}

const CLASS =
  /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?(?:export )?class \w+Error extends AnabranchError \{((?:(?!\n\}\n)[\s\S])*)\n\}\n/g

/** Finds the errors in the text of a source file. */
export function errorsIn(text: string): ErrorInfo[] {
  return [...text.matchAll(CLASS)].flatMap(([, doc = '', body]) => {
    const code = /'(ERR_\w+)'/.exec(body!)?.[1]
    const exitCode = /exitCode: ExitCode\.(\w+)/.exec(body!)?.[1]
    return code === undefined
      ? []
      : [{ code, meaning: firstSentence(doc), ...(exitCode ? { exitCode } : {}) }]
  })
}

/** Makes the page in Markdown that lists all error codes. `exitCodes`: the numbers by their names. */
export function errorsPage(
  errors: readonly ErrorInfo[],
  exitCodes: Readonly<Record<string, number>>
): string {
  const byCode = Map.groupBy(errors, ({ code }) => code)
  const rows = [...byCode.keys()].sort().map(code => {
    const all = byCode.get(code)!
    const meanings = [...new Set(all.map(({ meaning }) => meaning).filter(Boolean))].join(' ')
    const codes = [...new Set(all.map(({ exitCode = 'other' }) => exitCodes[exitCode]))].join(', ')
    return `| \`${code}\` | ${meanings} | ${codes} |`
  })
  return [
    '# All error codes',
    '',
    'This page is made by `npm run reference` from the source. With `--json` an error has its `code` and',
    'a `message`, which says what to do; as a library the same are properties of the error. The last',
    'column is the exit code where a command ends with the error ([commands](commands.md#exit-codes)).',
    '',
    '| code | meaning | exit |',
    '|---|---|---|',
    ...rows,
    ''
  ].join('\n')
}

function firstSentence(doc: string): string {
  const text = doc
    .replace(/^\s*\* ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim()
  return /^.*?\.(?= |$)/.exec(text)?.[0] ?? text
}
