/**
 * Turns of what belongs to one another: the tasks of one owner run one after the other, those of
 * several at the same time.
 */
export class Turns<Owner extends object> {
  readonly #lines = new WeakMap<Owner, { last: Promise<void>; waiting: number }>()

  /** How many tasks of the owner run or wait. */
  waiting(owner: Owner): number {
    return this.#lines.get(owner)?.waiting ?? 0
  }

  /** Runs the task after all earlier ones of the owner; it must not throw. */
  async take(owner: Owner, task: () => Promise<void>): Promise<void> {
    const line = this.#lines.get(owner) ?? { last: Promise.resolve(), waiting: 0 }
    this.#lines.set(owner, line)
    line.waiting++
    line.last = line.last.then(task).finally(() => line.waiting--)
    await line.last
  }
}
