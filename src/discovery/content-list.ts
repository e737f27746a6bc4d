import type { DirectorReply, ListedContent, ListedReply, ListRequest } from '../protocol/director-messages.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { awaitComing } from './director-client.ts'
import {
  DirectorContradictionError,
  DirectorLostError,
  DirectorRefusedError,
  DirectorTimeoutError
} from './director-errors.ts'
import { openDirector } from './director-stream.ts'

/** Milliseconds without a further part of a list after which the director counts as failed. */
const PART_TIMEOUT_MS = 10_000

/** The most contents that a director may tell in one list; it holds fewer by default. */
const MAX_TOLD = 2_000_000

/** Which contents are wanted. */
export interface ListQuestion {
  /** The beginning that the names have in common; empty: all names. */
  prefix: string
  /** Peer id of the only source whose contents are wanted. Default: any. */
  source?: string
  /** The token by which the directors let this client in. */
  token?: string
}

export interface ContentList {
  /** Those that are wanted, by name. Sizes are as the sources say: nobody has checked their signatures yet. */
  contents: ListedContent[]
  /** Something may be missing: the director has just started, or a source is still hashing its files. */
  isComing: boolean
}

export interface ListOptions {
  /** Whether a content of this name is wanted. The others are not kept. */
  isWanted: (name: string) => boolean
  signal?: AbortSignal
  scheduler?: Scheduler
}

/**
 * Asks the directors which contents there are, each a little after the one before, and takes the
 * list of the first that answers. Where it has nothing that is wanted, something may be on its way:
 * it is asked again for as long as queryRoutes asks.
 * Throws DirectorUnreachableError, DirectorLostError, DirectorRefusedError, DirectorTimeoutError,
 * DirectorContradictionError, TokenExposedError, or the signal's reason.
 */
export async function listContents(
  node: OverlayNode,
  directors: readonly string[],
  question: ListQuestion,
  options: ListOptions
): Promise<ContentList> {
  const { isWanted, scheduler = systemScheduler, signal = new AbortController().signal } = options
  const request: ListRequest = { kind: 'list', ...question }
  const startedAtMs = scheduler.nowMs()
  for (;;) {
    const { contents, settling, indexing } = await askOnce(
      node,
      directors,
      request,
      isWanted,
      scheduler,
      signal
    )
    const coming = { settling, indexing }
    if (contents.length === 0 && (await awaitComing(coming, startedAtMs, scheduler, signal))) continue
    return { contents, isComing: settling || indexing }
  }
}

async function askOnce(
  node: OverlayNode,
  directors: readonly string[],
  request: ListRequest,
  isWanted: (name: string) => boolean,
  scheduler: Scheduler,
  signal: AbortSignal
): Promise<Omit<ListedReply, 'kind' | 'complete'>> {
  const { stream } = await openDirector(node, directors, request, { scheduler, signal })
  const whole = Promise.withResolvers<Omit<ListedReply, 'kind' | 'complete'>>()
  const late = () => whole.reject(new DirectorTimeoutError(PART_TIMEOUT_MS))
  let cancelTimeout = scheduler.after(PART_TIMEOUT_MS, late)
  const onAbort = () => whole.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  const wanted = new Map<string, ListedContent>()
  let told = 0
  const take = (reply: DirectorReply): void => {
    cancelTimeout()
    cancelTimeout = scheduler.after(PART_TIMEOUT_MS, late)
    const part = listedOf(reply)
    told += part.contents.length
    if (told > MAX_TOLD) throw new DirectorContradictionError(`it tells more than ${MAX_TOLD} contents`)
    for (const content of part.contents) if (isWanted(content.name)) wanted.set(content.name, content)
    if (part.complete) whole.resolve({ ...part, contents: inOrder(wanted) })
  }
  stream.attach({
    onReply: reply => {
      try {
        take(reply)
      } catch (error) {
        whole.reject(error)
      }
    },
    onClose: error => whole.reject(new DirectorLostError(error))
  })
  void stream.close()
  try {
    return await whole.promise
  } catch (error) {
    stream.abort(error as Error)
    throw error
  } finally {
    cancelTimeout()
    signal.removeEventListener('abort', onAbort)
  }
}

function listedOf(reply: DirectorReply): ListedReply {
  if (reply.kind === 'listed') return reply
  if (reply.kind === 'notice') throw new DirectorRefusedError(reply.status, reply.message)
  throw new DirectorContradictionError(`it answered a list with ${reply.kind}`)
}

function inOrder(contents: ReadonlyMap<string, ListedContent>): ListedContent[] {
  return [...contents.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
