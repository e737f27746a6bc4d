import fc from 'fast-check'

/** Numbers near every bound that a field of a message has. */
export const wildNumbers: fc.Arbitrary<number> = fc.oneof(
  fc.nat(100),
  fc.constantFrom(0, 1, 51, 52, 255, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1),
  fc.constantFrom(2 ** 53 - 2, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat()
)

export const wildUint32s: fc.Arbitrary<number> = fc.oneof(
  fc.nat(100),
  fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1)
)

/** Ascending ranges, of any length and at any place. */
export const wildRanges: fc.Arbitrary<Array<{ from: number; to: number }>> = fc
  .uniqueArray(wildNumbers, { maxLength: 16 })
  .map(numbers => {
    const ascending = numbers.sort((a, b) => a - b)
    return ascending.flatMap((from, i) =>
      i % 2 === 0 && i + 1 < ascending.length ? [{ from, to: ascending[i + 1]! }] : []
    )
  })

type Change = (bytes: Uint8Array, donors: readonly Uint8Array[]) => Uint8Array

const positions = fc.nat(0xffff)

const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ at: positions, bit: fc.nat(7) }).map(({ at, bit }): Change => {
    return bytes => {
      const changed = bytes.slice()
      if (bytes.length > 0) changed[at % bytes.length]! ^= 1 << bit
      return changed
    }
  }),
  fc.record({ at: positions, byte: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff) }).map(({ at, byte }): Change => {
    return bytes => {
      const changed = bytes.slice()
      if (bytes.length > 0) changed[at % bytes.length] = byte
      return changed
    }
  }),
  positions.map(
    (at): Change =>
      bytes =>
        bytes.slice(0, at % (bytes.length + 1))
  ),
  // A part is put in once more, or a part of another frame, or bytes of any kind.
  fc.record({ at: positions, from: positions, length: fc.nat(64), donor: fc.nat(99) }).map(
    ({ at, from, length, donor }): Change =>
      (bytes, donors) => {
        const giver = donor % 2 === 0 ? bytes : donors[donor % donors.length]!
        const start = from % (giver.length + 1)
        return inserted(bytes, at, giver.subarray(start, start + length))
      }
  ),
  fc
    .record({
      at: positions,
      piece: fc.oneof(
        fc.uint8Array({ maxLength: 16 }),
        // Varints at the bounds of their types.
        fc.constantFrom(
          Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f),
          Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f),
          Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
          Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01)
        )
      )
    })
    .map(
      ({ at, piece }): Change =>
        bytes =>
          inserted(bytes, at, piece)
    )
)

function inserted(bytes: Uint8Array, at: number, piece: Uint8Array): Uint8Array {
  const place = at % (bytes.length + 1)
  return Uint8Array.of(...bytes.subarray(0, place), ...piece, ...bytes.subarray(place))
}

/** Bytes of any kind, one of `frames`, or one of them with a few changes. */
export function framesLike(frames: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const damaged = fc
    .tuple(fc.constantFrom(...frames), fc.array(changes, { maxLength: 4 }))
    .map(([frame, steps]) => steps.reduce((bytes, step) => step(bytes, frames), frame))
  return fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    { weight: 6, arbitrary: damaged }
  )
}

/** A text of any kind, or one of `texts` with parts taken out, doubled or exchanged with what readers know. */
export function textsLike(texts: readonly string[], words: readonly string[]): fc.Arbitrary<string> {
  const pieces = fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 6 }))
  const edits = fc.array(fc.record({ at: positions, removed: fc.nat(12), piece: pieces }), { maxLength: 4 })
  const edited = fc.tuple(fc.constantFrom(...texts), edits).map(([text, steps]) =>
    steps.reduce((changed, { at, removed, piece }) => {
      const place = at % (changed.length + 1)
      return changed.slice(0, place) + piece + changed.slice(place + removed)
    }, text)
  )
  return fc.oneof(
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
    { weight: 1, arbitrary: fc.array(pieces, { maxLength: 30 }).map(parts => parts.join('')) },
    { weight: 5, arbitrary: edited }
  )
}
