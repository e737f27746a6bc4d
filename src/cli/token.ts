import { readFile } from 'node:fs/promises'
import { ConfigurationError } from '../errors.ts'
import { one } from './settings.ts'

/**
 * Variable that holds a token itself. No flag does: everybody on the host could read it in the list
 * of processes.
 */
export const TOKEN_VARIABLE = 'ANABRANCH_TOKEN'

/** Setting of a file with a token. */
export function tokenSetting(help: string) {
  return {
    tokenFile: one({
      value: 'FILE',
      help: `${help}; or put the token itself into ${TOKEN_VARIABLE}`,
      parse: text => text
    })
  }
}

/**
 * Reads the token from the file or, without one, from the environment. Throws ConfigurationError for
 * a file that cannot be read, and for what is no token.
 */
export async function readToken(
  { tokenFile }: { tokenFile: string | undefined },
  environment: NodeJS.ProcessEnv
): Promise<{ token?: string }> {
  const inEnvironment = environment[TOKEN_VARIABLE] ?? ''
  if (tokenFile === undefined && inEnvironment === '') return {}
  // The module is loaded here, as only some runs have a token.
  const { parseToken } = await import('../protocol/director-token.ts')
  if (tokenFile === undefined) return { token: parseToken(inEnvironment, TOKEN_VARIABLE) }
  return { token: await readTokenFile(tokenFile, 'token-file') }
}

/** Reads the token from a file that the flag of this name gives. Throws ConfigurationError. */
export async function readTokenFile(file: string, flag: string): Promise<string> {
  const { parseToken } = await import('../protocol/director-token.ts')
  const text = await readFile(file, 'utf8').catch(error => {
    throw new ConfigurationError(`Cannot read the token file ${file} (${error.code}); check --${flag}`, error)
  })
  return parseToken(text, file)
}
