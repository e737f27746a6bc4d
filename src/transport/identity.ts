import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { ConfigurationError } from '../errors.ts'
import { diskCause, diskRemedy } from '../files/disk-faults.ts'
import { makeDirectory } from '../files/make-directory.ts'

const KEY_FILE = 'identity.key'

/**
 * The Ed25519 key in `homeDirectory`, made on first use (mode 0600). A node's peer id follows from it,
 * so one that is damaged is never replaced.
 * Throws ConfigurationError when the file cannot be read, written or understood.
 */
export async function loadOrCreateIdentity(homeDirectory: string): Promise<PrivateKey> {
  const path = join(homeDirectory, KEY_FILE)
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return await createIdentity(homeDirectory, path)
    const message = `The identity key ${path} cannot be read: ${diskCause(error)}; ${diskRemedy(error)}`
    throw new ConfigurationError(`${message}, or give another home`, error)
  }
  return await keyOf(bytes, path)
}

async function keyOf(bytes: Uint8Array, path: string): Promise<PrivateKey> {
  try {
    const key = privateKeyFromProtobuf(bytes)
    const signature = await key.sign(bytes)
    if (await key.publicKey.verify(bytes, signature)) return key
    throw new Error('its two halves do not belong together')
  } catch (error) {
    throw new ConfigurationError(
      `The identity key ${path} is ${bytes.length === 0 ? 'empty' : 'damaged'}; put a copy of it back, ` +
        'or remove it: this node then gets a new identity, with another peer id',
      error
    )
  }
}

async function createIdentity(homeDirectory: string, path: string): Promise<PrivateKey> {
  const privateKey = await generateKeyPair('Ed25519')
  const fresh = `${path}.${randomUUID()}`
  try {
    makeDirectory(homeDirectory, 0o700)
    // Put into place when it is whole: a full disk leaves no half of a key.
    await writeDurably(fresh, privateKeyToProtobuf(privateKey))
    await putInPlace(fresh, path)
    return privateKey
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return await loadOrCreateIdentity(homeDirectory)
    throw new ConfigurationError(
      `Cannot write an identity key to ${path}: ${diskCause(error)}; ${diskRemedy(error)}, or give another home`,
      error
    )
  } finally {
    await rm(fresh, { force: true })
  }
}

/** Gives the key its name, unless another process has put one there: that one then counts. */
async function putInPlace(fresh: string, path: string): Promise<void> {
  try {
    await link(fresh, path)
  } catch (error) {
    // Some file systems have no hard links.
    if (existsSync(path)) throw error
    await rename(fresh, path)
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
