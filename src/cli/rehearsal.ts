import { randomBytes } from 'node:crypto'
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { fetchContent } from '../client/client.ts'
import type { Output } from '../client/output/output.ts'
import { restFailpoints } from '../failpoints.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import { Relay } from '../relay/relay.ts'
import { Catalog } from '../source/catalog.ts'
import { Source } from '../source/source.ts'
import { createNode, type OverlayNode } from '../transport/node.ts'

/**
 * Size in bytes of the rehearsal's content: enough that the code that forwards, encrypts and hashes
 * gets compiled; more brought nothing.
 */
const CONTENT_BYTES = 8 * 1024 * 1024
const CONTENT_NAME = 'content'
const SEGMENT_BYTES = 32 * 1024

/**
 * Fetches a made-up content from a source over a relay, all three in this process and on loopback,
 * so that the code has been loaded and compiled: the first client of a node that has just started
 * is then served as fast as those after it. It takes about half a second of processor time. Its
 * files lie in `home` and are removed afterwards.
 */
export async function rehearse(home: string, signal: AbortSignal): Promise<void> {
  const directory = join(home, 'rehearsal')
  const cacheDirectory = join(home, 'rehearsal-hashes')
  const removeAll = async () => {
    for (const path of [directory, cacheDirectory]) await rm(path, { recursive: true, force: true })
  }
  const privateKey = await generateKeyPair('Ed25519')
  const catalog = new Catalog({ directory, cacheDirectory, segmentBytes: SEGMENT_BYTES, privateKey })
  const nodes: OverlayNode[] = []
  const endRest = restFailpoints()
  const startNode = async (options = {}) => {
    const node = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'], ...options })
    nodes.push(node)
    return node
  }
  try {
    await removeAll()
    await makeContent(directory)
    await catalog.start()
    await catalog.whenIdle()
    const atSource = await startNode({ privateKey })
    const atRelay = await startNode()
    await new Source({ node: atSource, contents: catalog }).start()
    await new Relay({ node: atRelay }).start()
    const source = peerOf(atSource)
    await fetchContent({
      name: CONTENT_NAME,
      directors: [],
      paths: [{ relays: [peerOf(atRelay)], source }],
      openOutput: async () => NOWHERE,
      signal
    })
  } finally {
    for (const node of nodes) await node.stop()
    await catalog.stop()
    await removeAll()
    endRest()
  }
}

/** Makes the content, as old as can be, so that the catalog does not wait for more to be written to it. */
async function makeContent(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  const path = join(directory, CONTENT_NAME)
  await writeFile(path, randomBytes(CONTENT_BYTES))
  await utimes(path, 0, 0)
}

function peerOf(node: OverlayNode): PeerAddresses {
  return { peerId: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) }
}

const NOWHERE: Output = {
  resumeBytes: 0,
  write: async () => {},
  finish: async () => ({}),
  abandon: async () => {}
}
