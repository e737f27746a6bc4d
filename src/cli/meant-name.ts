import { ContentNotFoundError } from '../discovery/director-errors.ts'
import { NearestName } from '../library/nearest-name.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'

/** Longest time in milliseconds in which the directors' list may help: nobody waits for a hint. */
const PATIENCE_MS = 1_000

/** Whom to ask for a list. */
interface Asked {
  directors: readonly string[]
  token?: string | undefined
  /** Peer id of the only source that is wanted. */
  from?: string | undefined
}

/**
 * The error to tell in the place of `error`: where no source has the content, and the directors say
 * in time which there are, one that also names the content which may have been meant. Without a
 * `node` at hand, one is made for this.
 */
export async function withMeantName(
  error: unknown,
  name: string,
  asked: Asked,
  node: OverlayNode | (() => Promise<OverlayNode>)
): Promise<unknown> {
  if (!(error instanceof ContentNotFoundError) || error.isIndexing || asked.directors.length === 0)
    return error
  const nearest = new NearestName(name.normalize('NFC'))
  try {
    if (typeof node === 'function') await offerByOwnNode(nearest, asked, node)
    else await offerAll(nearest, asked, node)
  } catch {
    // What was told until then may help as well.
  }
  return nearest.found === undefined ? error : error.asking(nearest.found)
}

async function offerByOwnNode(nearest: NearestName, asked: Asked, open: () => Promise<OverlayNode>) {
  const node = await open()
  await offerAll(nearest, asked, node).finally(() => node.stop())
}

async function offerAll(nearest: NearestName, { directors, token, from }: Asked, node: OverlayNode) {
  const { listContents } = await import('../discovery/content-list.ts')
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const question = {
    prefix: '',
    ...(token === undefined ? {} : { token }),
    ...(from ? { source: from } : {})
  }
  await listContents(node, directors, question, { isWanted: each => nearest.offer(each), signal })
}
