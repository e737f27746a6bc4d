/** Something that whoever looks after a node wants to mend, or to know. */
export interface Problem {
  /** A `notice` is no fault by itself. */
  severity: 'problem' | 'notice'
  /** Since when it is so, in milliseconds since 1970, where that is known. */
  sinceMs?: number
  what: string
  remedy?: string
}

/** All problems, and then all notices. */
export function problemsFirst(found: readonly Problem[]): Problem[] {
  const only = (wanted: Problem['severity']) => found.filter(({ severity }) => severity === wanted)
  return [...only('problem'), ...only('notice')]
}
