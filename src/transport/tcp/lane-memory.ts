/**
 * Memory that lanes read frames into. A block of it is used again once all of its frames were given back: blocks left to the
 * garbage collector would make it run every few megabytes. One whose frames are not all given back is collected as any
 * memory is.
 */

const BLOCK_BYTES = 512 * 1024
/** Free blocks that are kept, for all lanes together. */
const MAX_FREE = 16

const free: Buffer<ArrayBuffer>[] = []
/** How many have something of a block: whoever reads into it, and each frame. */
const holders = new WeakMap<ArrayBufferLike, number>()

/** A block of at least so many bytes, whose content is undefined; to be released as the frames in it are. */
export function takeBlock(leastBytes: number): Buffer<ArrayBuffer> {
  const known = leastBytes <= BLOCK_BYTES ? free.pop() : undefined
  const block = known ?? Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, leastBytes))
  holders.set(block.buffer, 1)
  return block
}

/** Somebody more has something of the block: the frame, which is a view of it. */
export function hold(frame: Uint8Array): void {
  holders.set(frame.buffer, holders.get(frame.buffer)! + 1)
}

/** Nobody reads these bytes any more, of a block or not. To be called once for each holder at most. */
export function release({ buffer }: Uint8Array): void {
  const others = (holders.get(buffer) ?? 0) - 1
  if (others > 0) holders.set(buffer, others)
  else if (others === 0) {
    holders.delete(buffer)
    if (buffer.byteLength === BLOCK_BYTES && free.length < MAX_FREE)
      free.push(Buffer.from(buffer as ArrayBuffer))
  }
}
