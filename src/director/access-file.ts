import { readFile } from 'node:fs/promises'
import { peerIdFromString } from '@libp2p/peer-id'
import { z } from 'zod'
import { ConfigurationError } from '../errors.ts'
import { InvalidContentNameError, parseContentName } from '../protocol/content-name.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import { isToken, TOKEN_RULE } from '../protocol/director-token.ts'
import { describeProblems, parseYaml } from '../units/yaml-file.ts'
import type { AccessRule, AccessRules } from './access.ts'

const MAX_RULE_CHARS = DIRECTOR_WIRE_LIMITS.maxVoucherBytes
// Names that are numbers would lose their place in the order of the file.
const RULE_NAME = new RegExp(`^[A-Za-z][\\w.-]{0,${MAX_RULE_CHARS - 1}}$`)
const RULE_NAME_ERROR = `is no name of a rule; use 1 to ${MAX_RULE_CHARS} letters, digits, '.', '_' or '-', a letter first`
const FILE_ERROR = 'must have rules for sources, relays or clients'
const RULE_ERROR = 'must have a token or peers'
const RULES_ERROR = 'must be rules, each under a name of its own; leave the key out to let everybody in'
const PEERS_ERROR = "must be a list of peer ids, or of the word 'any'"
const NAMES_ERROR = 'must be a list of content names, such as films/a.mkv or films/*'

const token = z.string({ error: 'must be text; put it into quotes' }).refine(isToken, `must be ${TOKEN_RULE}`)
const peer = z.string({ error: PEERS_ERROR }).transform((text, context) => {
  if (text === 'any') return text
  try {
    return peerIdFromString(text).toString()
  } catch {
    context.addIssue(`'${text}' is no peer id; give one such as 12D3KooW..., or 'any' for everybody`)
    return z.NEVER
  }
})
const name = z.string({ error: NAMES_ERROR }).transform((text, context) => {
  const pattern = text.normalize('NFC')
  const fault = faultOfPattern(pattern)
  if (fault !== undefined) context.addIssue(`'${text}' ${fault}; give a name such as films/a.mkv or films/*`)
  return pattern
})

const who = { token: token.optional(), peers: z.array(peer, { error: PEERS_ERROR }).optional() }
const nodeRule = z.strictObject(who, { error: RULE_ERROR }).transform(toFits)
const sourceRule = z
  .strictObject({ ...who, names: z.array(name, { error: NAMES_ERROR }).optional() }, { error: RULE_ERROR })
  .transform(({ names, ...rest }, context) => ({ ...toFits(rest, context), ...(names ? { names } : {}) }))
const schema = z.strictObject(
  {
    sources: rulesOf(sourceRule).optional(),
    relays: rulesOf(nodeRule).optional(),
    clients: rulesOf(nodeRule).optional()
  },
  { error: FILE_ERROR }
)

/**
 * Reads the access rules of a director from a YAML file. Throws ConfigurationError, with line and
 * column where the file can be read.
 */
export async function loadAccess(path: string): Promise<AccessRules> {
  const text = await readFile(path, 'utf8').catch(error => {
    throw new ConfigurationError(`Cannot read the access rules ${path} (${error.code})`, error)
  })
  return parseAccess(text, path)
}

/** Parses the text of a file of access rules; see loadAccess. */
export function parseAccess(text: string, fileName: string): AccessRules {
  const parsed = parseYaml(text, schema)
  if (parsed.problems) throw new ConfigurationError(describeProblems(fileName, parsed.problems))
  const { sources, relays, clients } = parsed.value
  return {
    ...(sources ? { source: sources } : {}),
    ...(relays ? { relay: relays } : {}),
    ...(clients ? { client: clients } : {})
  }
}

/** Rules by their names, in the order of the file. */
function rulesOf<R extends Omit<AccessRule, 'name'>>(rule: z.ZodType<R>) {
  return z.record(z.string(), rule, { error: RULES_ERROR }).transform((rules, context): AccessRule[] =>
    Object.entries(rules).map(([name, rule]) => {
      if (!RULE_NAME.test(name)) {
        context.addIssue({ code: 'custom', path: [name], message: RULE_NAME_ERROR })
      }
      return { name, ...rule }
    })
  )
}

function toFits(
  { token, peers }: { token?: string | undefined; peers?: string[] | undefined },
  context: z.RefinementCtx
): Pick<AccessRule, 'fits'> {
  if ((token === undefined) === (peers === undefined)) {
    context.addIssue("needs either a token or peers; 'peers: [any]' is for everybody")
  }
  if (token !== undefined) return { fits: { token } }
  return { fits: peers?.includes('any') ? 'any' : { peers: peers ?? [] } }
}

function faultOfPattern(pattern: string): string | undefined {
  if (pattern.slice(0, -1).includes('*')) return "has a '*' that is not at its end"
  try {
    // The rest of a name takes the place of the '*'.
    parseContentName(pattern.replace(/\*$/, 'x'))
    return undefined
  } catch (error) {
    if (error instanceof InvalidContentNameError) return error.reason
    throw error
  }
}
