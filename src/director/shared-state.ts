/**
 * What several directors share: values under keys, which are kept, and words, which are not. Only
 * soft state is in it: a director can tell all of its part anew. Keys are made of letters, digits
 * and dots.
 */
export interface SharedState {
  /** Begins. What does not work yet is tried until it does. */
  start(handlers: SharedStateHandlers): void
  /**
   * Resolves once the value is kept, in place of the one before; undefined removes it. Rejects where
   * it may not be kept, at most a second later.
   */
  put(key: string, value: Uint8Array | undefined): Promise<void>
  /** Says a word to all directors that hear it now. */
  say(word: Uint8Array): void
  stop(): Promise<void>
}

export interface SharedStateHandlers {
  /**
   * A value, or undefined where it was removed; own ones come, too. `isNew` where it was put just
   * now; the others were found there.
   */
  onValue(key: string, value: Uint8Array | undefined, isNew: boolean): void
  /** All that was there has been told: these keys. This happens again after what was missed. */
  onRead(keys: ReadonlySet<string>): void
  /** A word; own ones may come, too. */
  onWord(word: Uint8Array): void
  /** Something that the operator can mend, for people. */
  onProblem(message: string): void
}
