import { AnabranchError, ExitCode, UsageError } from '../errors.ts'
import type { HttpAddress } from '../http/server.ts'

/** An address for HTTP, of the flag with this name, is in use, or is none of this host's. */
export class HttpListenError extends AnabranchError {
  constructor(flag: string, { host, port }: HttpAddress, cause: unknown) {
    const { code } = cause as NodeJS.ErrnoException
    super('ERR_HTTP_LISTEN', `Cannot listen on ${host}:${port} (${code}); choose another --${flag}`, {
      exitCode: ExitCode.network,
      cause
    })
  }
}

/** Parses an address such as `127.0.0.1:9100` or `[::1]:9100`. Throws UsageError. */
export function parseHttpAddress(text: string): HttpAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535) throw new UsageError(`'${text}' is no address such as 127.0.0.1:9100`)
  return { host: (match[1] ?? match[2])!, port }
}
