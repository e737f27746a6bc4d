import type { Extent } from '../../protocol/extent.ts'
import type { ByteSink } from './output-writer.ts'

/** A sink that gets whole segments of the extent, of which only these bytes of the content go on to `sink`. */
export function cutTo(
  { start, end }: { start: number; end: number },
  { firstSeq, segmentBytes }: Extent,
  sink: ByteSink
): ByteSink {
  let position = firstSeq * segmentBytes
  return {
    ...(sink.gatherMs === undefined ? {} : { gatherMs: sink.gatherMs }),
    write: chunks => {
      const kept: Uint8Array[] = []
      for (const chunk of chunks) {
        const [from, to] = [Math.max(start - position, 0), Math.min(end - position, chunk.length)]
        if (from < to) kept.push(chunk.subarray(from, to))
        position += chunk.length
      }
      return sink.write(kept)
    }
  }
}
