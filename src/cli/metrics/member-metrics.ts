import type { DirectorSession } from '../../discovery/director-session.ts'
import { gauge, type Readings } from './metric.ts'

/** What a source and a relay tell alike. */
export const MEMBER_METRICS = {
  anabranch_directors: gauge('Directors that the node is to register with.'),
  anabranch_directors_registered: gauge('Directors with which the node is registered now.')
}

export type RegisteringNode = Pick<DirectorSession, 'directors'>

export function memberReadings(session: RegisteringNode): Readings<typeof MEMBER_METRICS> {
  const { named, registered } = session.directors
  return { anabranch_directors: named, anabranch_directors_registered: registered }
}

/** Why nobody is led to this node yet, or any more; undefined where somebody is, or the node has no director. */
export function whyUnregistered({ directors }: RegisteringNode): string | undefined {
  if (directors.named === 0 || directors.registered > 0) return undefined
  return 'registered with no director'
}
