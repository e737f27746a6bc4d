import { readFile } from 'node:fs/promises'
import type { NatsAddress } from '../director/nats-state.ts'
import { ConfigurationError, UsageError } from '../errors.ts'
import { one } from './settings.ts'

const DEFAULT_PORT = 4222
const EXAMPLE = 'nats://10.0.0.1:4222,nats://10.0.0.2:4222,nats://10.0.0.3:4222'

/** Settings of what several directors share. */
export const STATE_SETTINGS = {
  state: one({
    value: 'URLS',
    help:
      'NATS servers by which directors share their nodes, nats://HOST or tls://HOST, separated by commas; ' +
      'without it a director knows the nodes that name it',
    parse: parseState
  }),
  stateCredentials: one({
    value: 'FILE',
    help: 'file with NATS credentials (.creds) for --state',
    parse: text => text
  })
}

/**
 * Reads the URLs of NATS servers, of which each may name a user and a password, or a token. Throws
 * UsageError.
 */
export function parseState(text: string): NatsAddress {
  const urls = text.split(',').map(part => readUrl(part.trim()))
  const tls = urls.some(({ protocol }) => protocol === 'tls:')
  if (tls && urls.some(({ protocol }) => protocol === 'nats:'))
    throw new UsageError('--state names tls:// and nats:// servers; one of the two has to be used for all')
  const secrets = new Set(
    urls.map(({ username, password }) => `${username}:${password}`).filter(each => each !== ':')
  )
  if (secrets.size > 1) throw new UsageError('--state names several users; all servers need the same one')
  const named = urls.find(({ username }) => username !== '')
  return { servers: urls.map(serverOf), tls, ...(named ? secretOf(named) : {}) }
}

/** Throws ConfigurationError where the file cannot be read. */
export async function checkCredentials(file: string): Promise<void> {
  await readFile(file).catch(error => {
    throw new ConfigurationError(
      `Cannot read the NATS credentials ${file} (${error.code}); check --state-credentials`,
      error
    )
  })
}

function readUrl(text: string): URL {
  const url = URL.parse(text)
  const isServer = url !== null && /^(nats|tls):$/.test(url.protocol) && url.hostname !== ''
  if (!isServer || !/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '')
    throw new UsageError(`'${withoutSecret(text)}' names no NATS server; give --state as ${EXAMPLE}`)
  return url
}

function serverOf({ hostname, port }: URL): string {
  return `${hostname}:${port === '' ? DEFAULT_PORT : port}`
}

function secretOf({ username, password }: URL): Pick<NatsAddress, 'user' | 'pass' | 'token'> {
  if (password === '') return { token: decodeURIComponent(username) }
  return { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
}

/** Errors are shown, and logged. */
function withoutSecret(text: string): string {
  return text.replace(/\/\/[^@/]*@/, '//...@')
}
