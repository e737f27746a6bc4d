import { nearestText } from '../units/nearest-text.ts'
import { TOKEN_VARIABLE } from './token.ts'
import { WORKER_VARIABLE } from './worker.ts'

const PREFIX = 'ANABRANCH_'

/** Variables that are of no flag. */
const OTHERS = [TOKEN_VARIABLE, WORKER_VARIABLE, 'ANABRANCH_FAILPOINTS', 'ANABRANCH_OPEN_DESCRIPTORS']

/**
 * What is wrong with variables of the environment that have the names of settings and are none of
 * these flags: each once, with the name that may have been meant. Variables that are set to nothing
 * count as not set.
 */
export function strangeVariables(environment: NodeJS.ProcessEnv, flags: Iterable<string>): string[] {
  const known = new Set([...OTHERS, ...Array.from(flags, variableOfFlag)])
  const strange = Object.entries(environment).filter(
    ([name, text]) => name.startsWith(PREFIX) && !known.has(name) && text?.trim() !== ''
  )
  return strange.map(([name]) => {
    const meant = nearestText(
      name.slice(PREFIX.length),
      Array.from(known, each => each.slice(PREFIX.length))
    )
    return `${name} is no variable of this program${meant === undefined ? '' : `; did you mean ${PREFIX}${meant}?`}`
  })
}

/** `--max-rate` -> `ANABRANCH_MAX_RATE`. */
function variableOfFlag(flag: string): string {
  return PREFIX + flag.replace(/^--/, '').replaceAll('-', '_').toUpperCase()
}
