/** A path on offer, as far as the places for routes go. */
export interface Contender {
  /** Undefined where the system chooses the uplink. */
  uplink: string | undefined
  isBackup: boolean
  isInUse: boolean
  /** Its last try has failed. */
  hasFailed: boolean
}

/** The part of the places for routes that is an uplink's own, and how many of all places its routes have. */
export interface UplinkShare {
  places: number
  inUse: number
}

/**
 * Shares the places for routes out among the uplinks that have a path. One whose paths are all backups
 * has one place of its own, each other one an equal part of the rest, as far as it has paths for it: a
 * path that has failed counts for the first place only, so that an uplink that leads nowhere keeps
 * no more than one place from the others. Where there are more uplinks than places, the last ones have
 * none. What is nobody's own goes to whoever comes first. Pure.
 */
export function shareOut(
  contenders: readonly Contender[],
  maxRoutes: number
): Map<string | undefined, UplinkShare> {
  const groups = [...Map.groupBy(contenders, ({ uplink }) => uplink)]
  const isBackup = (group: Contender[]) => group.every(contender => contender.isBackup)
  const backups = groups.filter(([, group]) => isBackup(group)).length
  const others = groups.length - backups
  const part = others > 0 ? (maxRoutes - backups) / others : 1
  let left = maxRoutes
  const shares = new Map<string | undefined, UplinkShare>()
  for (const [uplink, group] of groups) {
    const inUse = group.filter(({ isInUse }) => isInUse).length
    const fit = group.filter(({ isInUse, hasFailed }) => isInUse || !hasFailed).length
    const wanted = isBackup(group) ? 1 : Math.max(1, Math.min(Math.floor(part), fit))
    const places = Math.min(left, wanted)
    left -= places
    shares.set(uplink, { places, inUse })
  }
  return shares
}

/** The places that neither a route has nor an uplink keeps; below zero where routes have what others keep. */
export function placesLeft(shares: ReadonlyMap<unknown, UplinkShare>, maxRoutes: number): number {
  const taken = [...shares.values()].reduce((sum, { places, inUse }) => sum + Math.max(places, inUse), 0)
  return maxRoutes - taken
}
