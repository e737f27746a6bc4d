import type { PolicyRoute } from './policy-route.ts'

/** These routes without the backups among them, unless there are no others. */
export function withoutBackups<T extends PolicyRoute>(routes: readonly T[]): readonly T[] {
  const others = routes.filter(({ isBackup }) => !isBackup)
  return others.length > 0 ? others : routes
}
