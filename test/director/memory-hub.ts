import type { SharedState, SharedStateHandlers } from '../../src/director/shared-state.ts'
import type { Scheduler } from '../../src/scheduler.ts'

/** What several directors in one process share, for as long as it is not broken. */
export class MemoryHub {
  readonly values = new Map<string, Uint8Array>()
  readonly #members = new Set<Member>()
  readonly #scheduler: Scheduler
  isBroken = false

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  member(): SharedState {
    const member: Member = { handlers: undefined }
    return {
      start: handlers => {
        member.handlers = handlers
        this.#members.add(member)
        if (!this.isBroken) this.#tellAll(handlers)
      },
      put: (key, value) => this.#put(key, value),
      say: word => {
        if (!this.isBroken) for (const { handlers } of this.#members) handlers!.onWord(word)
      },
      stop: async () => void this.#members.delete(member)
    }
  }

  /** All members read anew, from what is there. */
  readAnew(): void {
    for (const { handlers } of this.#members) this.#tellAll(handlers!)
  }

  #put(key: string, value: Uint8Array | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#scheduler.after(1, () => {
        if (this.isBroken) {
          reject(new Error('broken'))
          return
        }
        if (value) this.values.set(key, value)
        else this.values.delete(key)
        for (const { handlers } of this.#members) handlers!.onValue(key, value, true)
        resolve()
      })
    })
  }

  #tellAll(handlers: SharedStateHandlers): void {
    for (const [key, value] of this.values) handlers.onValue(key, value, false)
    handlers.onRead(new Set(this.values.keys()))
  }
}

interface Member {
  handlers: SharedStateHandlers | undefined
}
