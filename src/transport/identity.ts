import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { ConfigurationError } from '../errors.ts'

const KEY_FILE = 'identity.key'

/**
 * The Ed25519 key in `homeDirectory`, made on first use (mode 0600). A node's peer id follows from it.
 * Throws ConfigurationError when the file cannot be read, written or understood.
 */
export async function loadOrCreateIdentity(homeDirectory: string): Promise<PrivateKey> {
  const path = join(homeDirectory, KEY_FILE)
  try {
    const bytes = await readFile(path)
    if (bytes.byteLength === 0) throw new Error('it is empty; remove it')
    return privateKeyFromProtobuf(bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new ConfigurationError(
        `The identity key ${path} cannot be used: ${(error as Error).message}`,
        error
      )
    }
  }
  return await createIdentity(homeDirectory, path)
}

async function createIdentity(homeDirectory: string, path: string): Promise<PrivateKey> {
  const privateKey = await generateKeyPair('Ed25519')
  const fresh = `${path}.${randomUUID()}`
  try {
    await mkdir(homeDirectory, { recursive: true, mode: 0o700 })
    // Put into place when it is whole: a full disk leaves no half of a key.
    await writeDurably(fresh, privateKeyToProtobuf(privateKey))
    await link(fresh, path)
    return privateKey
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return await loadOrCreateIdentity(homeDirectory)
    throw new ConfigurationError(
      `Cannot write an identity key to ${path}: ${(error as Error).message}; choose another --home`,
      error
    )
  } finally {
    await rm(fresh, { force: true })
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}
