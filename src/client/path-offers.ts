import { idOf, type PathRelay, type RoutePath } from './route-table.ts'
import type { ClientSession } from './session.ts'

/** An uplink of a client, as far as offers go. */
interface OfferedUplink {
  name: string
  isBackup: boolean
  /** See RoutePath. */
  price?: number
}

interface UplinksView {
  readonly now: readonly OfferedUplink[]
}

/** Which relays are wanted, by peer id or by a label that directors tell of them. */
export interface RelayWishes {
  /** Paths over these come first. */
  prefer?: readonly string[]
  /** Paths over these come last, and carry something only while no other path can. */
  avoid?: readonly string[]
  /** No path may go over any other relay. */
  via?: readonly string[]
}

/** Whether the wishes choose among paths, so that there should be many to choose from. Pure. */
export function areChoosing({ prefer = [], avoid = [], via = [] }: RelayWishes): boolean {
  return prefer.length + avoid.length + via.length > 0
}

/** The paths that are wanted, in the order in which they are wanted; otherwise they keep their order. Pure. */
export function wishedPaths(
  paths: readonly RoutePath[],
  { prefer = [], avoid = [], via = [] }: RelayWishes
): RoutePath[] {
  const allowed = via.length === 0 ? paths : paths.filter(path => isOnlyOver(path, via))
  const avoided = allowed.filter(path => isOver(path, avoid))
  const others = allowed.filter(path => !isOver(path, avoid))
  return [
    ...others.filter(path => isOver(path, prefer)),
    ...others.filter(path => !isOver(path, prefer)),
    ...avoided.map(path => ({ ...path, isBackup: true }))
  ]
}

/**
 * Offers the paths over every uplink: first each path once, by the uplinks in turn, so that few
 * routes already use all uplinks and many relays; then each path by the next uplink. What uplinks
 * for emergencies could carry comes behind all that the others can, and paths for emergencies last.
 * Without uplinks the system chooses how each path is dialled. Pure.
 */
export function overUplinks(
  paths: readonly RoutePath[],
  uplinks: readonly OfferedUplink[] | undefined
): RoutePath[] {
  if (!uplinks) return [...paths]
  const usual = paths.filter(({ isBackup }) => !isBackup)
  const avoided = paths.filter(({ isBackup }) => isBackup)
  const main = uplinks.filter(({ isBackup }) => !isBackup)
  const backup = uplinks.filter(({ isBackup }) => isBackup)
  const asBackups = (routes: RoutePath[]) => routes.map(route => ({ ...route, isBackup: true }))
  return [
    ...inTurn(usual, main),
    ...asBackups(inTurn(usual, backup)),
    ...inTurn(avoided, main),
    ...inTurn(avoided, backup)
  ]
}

/** Offers a session the paths of which the director tells, over the uplinks that there are, as both change. Pure. */
export class PathOffers {
  readonly #session: Pick<ClientSession, 'offer' | 'follow' | 'add'>
  readonly #uplinks: UplinksView | undefined
  #paths: readonly RoutePath[]
  #offered: RoutePath[]
  /** What was added by hand, which no director takes back. */
  readonly #added: RoutePath[] = []

  /** Without `uplinks` the system chooses how each path is dialled. */
  constructor(
    session: Pick<ClientSession, 'offer' | 'follow' | 'add'>,
    uplinks: UplinksView | undefined,
    paths: readonly RoutePath[]
  ) {
    this.#session = session
    this.#uplinks = uplinks
    this.#paths = paths
    this.#offered = this.#over(paths)
    for (const path of this.#offered) session.offer(path)
  }

  /** The paths, however many uplinks each goes by. */
  get paths(): readonly RoutePath[] {
    return [...this.#paths, ...this.#added]
  }

  /** Adds a path by hand. */
  add(path: RoutePath): void {
    this.#added.push(path)
    for (const each of this.#over([path])) this.#session.add(each)
    this.#offered = this.#over(this.paths)
  }

  /** Takes the director's word as ClientSession.follow does. */
  follow(paths: readonly RoutePath[], gained: readonly RoutePath[]): void {
    this.#paths = paths
    this.#offered = this.#over(this.paths)
    this.#session.follow(this.#offered, this.#over(gained))
  }

  /** Offers what goes by new uplinks, and takes back what went by those that are gone. */
  uplinksChanged(): void {
    const before = new Set(this.#offered.map(idOf))
    this.#offered = this.#over(this.paths)
    const gained = this.#offered.filter(path => !before.has(idOf(path)))
    this.#session.follow(this.#offered, gained)
  }

  #over(paths: readonly RoutePath[]): RoutePath[] {
    return overUplinks(paths, this.#uplinks?.now)
  }
}

function inTurn(paths: readonly RoutePath[], uplinks: readonly OfferedUplink[]): RoutePath[] {
  const [most, least] = [Math.max(paths.length, uplinks.length), Math.min(paths.length, uplinks.length)]
  return Array.from({ length: most * least }, (_, at) => {
    const [turn, shift] = [at % most, Math.floor(at / most)]
    // Of the two lists the shorter one is shifted, so that each round has new pairs.
    const path = paths[(paths.length < uplinks.length ? turn + shift : turn) % paths.length]!
    const { name: uplink, price } =
      uplinks[(paths.length < uplinks.length ? turn : turn + shift) % uplinks.length]!
    return { ...path, uplink, ...(price === undefined ? {} : { price }) }
  })
}

function isOver({ relays }: RoutePath, words: readonly string[]): boolean {
  return relays.some(relay => isOneOf(relay, words))
}

function isOnlyOver({ relays }: RoutePath, words: readonly string[]): boolean {
  return relays.length > 0 && relays.every(relay => isOneOf(relay, words))
}

function isOneOf({ peerId, labels = [] }: PathRelay, words: readonly string[]): boolean {
  return words.includes(peerId) || labels.some(label => words.includes(label))
}
