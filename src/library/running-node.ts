/** Ends one part of what runs. */
export type Stop = () => unknown

/** A node that runs, and what ends it. */
export interface Running {
  peerId: string
  addresses: string[]
  stops: readonly Stop[]
}

/** A node that runs until it is stopped. */
export class RunningNode implements AsyncDisposable {
  /** By which others know the node. */
  readonly peerId: string
  /** Multiaddrs at which others reach the node, best first, each with its peer id: any of them leads here. */
  readonly addresses: readonly string[]
  readonly #stops: readonly Stop[]
  #stopping: Promise<void> | undefined

  /** `stops` are called in turn, also where one before has failed. */
  protected constructor({ peerId, addresses, stops }: Running) {
    this.peerId = peerId
    this.addresses = addresses
    this.#stops = stops
  }

  /** Stops in good order: nothing of the node is left that would keep the process alive. Never throws. */
  async stop(): Promise<void> {
    this.#stopping ??= stopInTurn(this.#stops)
    await this.#stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** Calls all of these in turn, also where one before has failed. */
export async function stopInTurn(stops: readonly Stop[]): Promise<void> {
  for (const stop of stops) {
    try {
      await stop()
    } catch {
      // What could not be stopped in good order goes with the process.
    }
  }
}

/**
 * Starts parts of a node one after the other. `build` gives to `onStop` what is to be done at the end, the last first;
 * where it fails, that is done at once.
 */
export async function started<T>(
  build: (onStop: (stop: Stop) => void, stops: Stop[]) => Promise<T>
): Promise<T> {
  const stops: Stop[] = []
  try {
    return await build(stop => stops.unshift(stop), stops)
  } catch (error) {
    await stopInTurn(stops)
    throw error
  }
}

/** What is told of a node. */
export function running(
  node: { peerId: { toString(): string }; getMultiaddrs(): { toString(): string }[] },
  stops: readonly Stop[]
): Running {
  return { peerId: node.peerId.toString(), addresses: node.getMultiaddrs().map(String), stops }
}
