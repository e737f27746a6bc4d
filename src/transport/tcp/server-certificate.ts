import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import { ConfigurationError } from '../../errors.ts'

export interface CertificateFiles {
  /** PEM file with the certificate and those between it and its authority. */
  certificate: string
  /** PEM file with its private key. */
  key: string
}

/** The certificate of a server in two files. Who renews them needs to tell nobody: they are read again when they have changed. */
export class ServerCertificate {
  readonly #files: CertificateFiles
  readonly #onProblem: (error: Error) => void
  #context: SecureContext
  /** What was read last, or could not be read: it is not tried again before the files change. */
  #version: string

  private constructor(
    files: CertificateFiles,
    onProblem: (error: Error) => void,
    first: { context: SecureContext; version: string }
  ) {
    this.#files = files
    this.#onProblem = onProblem
    this.#context = first.context
    this.#version = first.version
  }

  /**
   * `onProblem`: told once each time that changed files cannot be used; what was there before then
   * stays in use. Throws ConfigurationError where that is so from the start.
   */
  static async open(
    files: CertificateFiles,
    onProblem: (error: Error) => void = () => {}
  ): Promise<ServerCertificate> {
    const version = await versionOf(files)
    return new ServerCertificate(files, onProblem, { context: await read(files), version })
  }

  /** The certificate as it is in the files now. */
  async context(): Promise<SecureContext> {
    const version = await versionOf(this.#files)
    if (version === this.#version) return this.#context
    this.#version = version
    try {
      this.#context = await read(this.#files)
    } catch (error) {
      this.#onProblem(error as Error)
    }
    return this.#context
  }
}

/** A text that is another one when a file has changed. Links are followed, as tools that renew certificates exchange these. */
async function versionOf({ certificate, key }: CertificateFiles): Promise<string> {
  const stats = await Promise.all([certificate, key].map(path => stat(path).catch(() => undefined)))
  return stats.map(found => found && [found.ino, found.size, found.mtimeMs].join()).join()
}

async function read({ certificate, key }: CertificateFiles): Promise<SecureContext> {
  try {
    const [cert, secret] = await Promise.all([readFile(certificate), readFile(key)])
    return createSecureContext({ cert, key: secret })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError(
      `Cannot use the certificate ${certificate} with the key ${key}: ${reason}`,
      error
    )
  }
}
