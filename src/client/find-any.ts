import { equalBytes } from '../protocol/bytes.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import type { Scheduler } from '../scheduler.ts'
import { idOf, type RoutePath } from './route-table.ts'

/** Milliseconds that what was found first waits for other ways, which may find more routes to the same. */
const OTHERS_MS = 300

/** A content that was found. */
interface Finding {
  record: ContentRecord
  paths: RoutePath[]
}

/** A way to find a content, which may fail. It ends with the signal's reason once the signal is aborted. */
export type Way<F> = (signal: AbortSignal) => Promise<F>

/**
 * Tries all ways at once and takes the first that finds something. To it come the paths that others
 * find within a moment for the same content, whichever source they lead to. Where all fail, it throws the error
 * of the first way in the list; or the signal's reason.
 */
export async function findAny<F extends Finding>(
  ways: readonly Way<F>[],
  { signal, scheduler }: { signal: AbortSignal; scheduler: Scheduler }
): Promise<F> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const found: F[] = []
  const tries = ways.map(async way => {
    const finding = await way(either)
    found.push(finding)
    return finding
  })
  try {
    await Promise.any(tries)
    const moment = Promise.withResolvers<void>()
    const cancel = scheduler.after(OTHERS_MS, moment.resolve)
    await Promise.race([moment.promise, Promise.allSettled(tries)])
    cancel()
    return joined(found)
  } catch (error) {
    signal.throwIfAborted()
    throw (error as AggregateError).errors[0]
  } finally {
    over.abort(new Error('the content was found in another way'))
  }
}

/** The first finding, with what the others have found of the same. Each path comes once. Pure. */
function joined<F extends Finding>(found: readonly F[]): F {
  const [first] = found as [F]
  const alike = found.filter(({ record }) => equalBytes(record.rootHash, first.record.rootHash))
  const paths = unique(alike.flatMap(finding => finding.paths))
  return Object.assign({}, ...alike.toReversed(), { paths })
}

/** Each path once, as it comes first. Pure. */
export function unique(paths: readonly RoutePath[]): RoutePath[] {
  const byId = new Map<string, RoutePath>()
  for (const path of paths) if (!byId.has(idOf(path))) byId.set(idOf(path), path)
  return [...byId.values()]
}
