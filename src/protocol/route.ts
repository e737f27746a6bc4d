import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Hop {
  peerId: string
  addresses: string[]
}

export namespace Hop {
  let _codec: Codec<Hop>

  export const codec = (): Codec<Hop> => {
    if (_codec == null) {
      _codec = message<Hop>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(10)
          w.string(obj.peerId)
        }

        if (obj.addresses != null && obj.addresses.length > 0) {
          for (const value of obj.addresses) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: '',
          addresses: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.peerId = reader.string()
              break
            }
            case 2: {
              if (opts.limits?.addresses != null && obj.addresses.length === opts.limits.addresses) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              obj.addresses.push(reader.string())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          addresses: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.peerId`,
                value: reader.string()
              }
              break
            }
            case 2: {
              if (opts.limits?.addresses != null && obj.addresses === opts.limits.addresses) {
                throw new MaxLengthError('Streaming decode error - repeated field "addresses" had too many elements')
              }

              yield {
                field: `${prefix}.addresses[]`,
                index: obj.addresses,
                value: reader.string()
              }

              obj.addresses++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface HopPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface HopAddressesFieldEvent {
    field: '$.addresses[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<Hop>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Hop.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hop>): Hop {
    return decodeMessage(buf, Hop.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hop>): Generator<HopPeerIdFieldEvent | HopAddressesFieldEvent> {
    return streamMessage(buf, Hop.codec(), opts)
  }
}

export interface PatternChange {
  version: number
  from: number
  pattern: Uint8Array<ArrayBuffer>
}

export namespace PatternChange {
  let _codec: Codec<PatternChange>

  export const codec = (): Codec<PatternChange> => {
    if (_codec == null) {
      _codec = message<PatternChange>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.version != null && obj.version !== 0)) {
          w.uint32(8)
          w.uint32(obj.version)
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.from)
        }

        if ((obj.pattern != null && obj.pattern.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.pattern)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          version: 0,
          from: 0,
          pattern: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.version = reader.uint32()
              break
            }
            case 2: {
              obj.from = reader.uint64Number()
              break
            }
            case 3: {
              obj.pattern = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.version`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.from`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.pattern`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PatternChangeVersionFieldEvent {
    field: '$.version'
    value: number
  }

  export interface PatternChangeFromFieldEvent {
    field: '$.from'
    value: number
  }

  export interface PatternChangePatternFieldEvent {
    field: '$.pattern'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<PatternChange>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, PatternChange.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PatternChange>): PatternChange {
    return decodeMessage(buf, PatternChange.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PatternChange>): Generator<PatternChangeVersionFieldEvent | PatternChangeFromFieldEvent | PatternChangePatternFieldEvent> {
    return streamMessage(buf, PatternChange.codec(), opts)
  }
}

export interface SeqRange {
  from: number
  to: number
}

export namespace SeqRange {
  let _codec: Codec<SeqRange>

  export const codec = (): Codec<SeqRange> => {
    if (_codec == null) {
      _codec = message<SeqRange>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.from)
        }

        if ((obj.to != null && obj.to !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.to)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          from: 0,
          to: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.from = reader.uint64Number()
              break
            }
            case 2: {
              obj.to = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.from`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.to`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SeqRangeFromFieldEvent {
    field: '$.from'
    value: number
  }

  export interface SeqRangeToFieldEvent {
    field: '$.to'
    value: number
  }

  export function encode (obj: Partial<SeqRange>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SeqRange.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SeqRange>): SeqRange {
    return decodeMessage(buf, SeqRange.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SeqRange>): Generator<SeqRangeFromFieldEvent | SeqRangeToFieldEvent> {
    return streamMessage(buf, SeqRange.codec(), opts)
  }
}

export interface Reassignment {
  id: number
  fromRoute: number
  toRoute: number
  copy: boolean
  ranges: SeqRange[]
}

export namespace Reassignment {
  let _codec: Codec<Reassignment>

  export const codec = (): Codec<Reassignment> => {
    if (_codec == null) {
      _codec = message<Reassignment>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== 0)) {
          w.uint32(8)
          w.uint32(obj.id)
        }

        if ((obj.fromRoute != null && obj.fromRoute !== 0)) {
          w.uint32(16)
          w.uint32(obj.fromRoute)
        }

        if ((obj.toRoute != null && obj.toRoute !== 0)) {
          w.uint32(24)
          w.uint32(obj.toRoute)
        }

        if ((obj.copy != null && obj.copy !== false)) {
          w.uint32(32)
          w.bool(obj.copy)
        }

        if (obj.ranges != null && obj.ranges.length > 0) {
          for (const value of obj.ranges) {
            w.uint32(42)
            SeqRange.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: 0,
          fromRoute: 0,
          toRoute: 0,
          copy: false,
          ranges: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.uint32()
              break
            }
            case 2: {
              obj.fromRoute = reader.uint32()
              break
            }
            case 3: {
              obj.toRoute = reader.uint32()
              break
            }
            case 4: {
              obj.copy = reader.bool()
              break
            }
            case 5: {
              if (opts.limits?.ranges != null && obj.ranges.length === opts.limits.ranges) {
                throw new MaxLengthError('Decode error - repeated field "ranges" had too many elements')
              }

              obj.ranges.push(SeqRange.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ranges$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          ranges: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.id`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.fromRoute`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.toRoute`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.copy`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              if (opts.limits?.ranges != null && obj.ranges === opts.limits.ranges) {
                throw new MaxLengthError('Streaming decode error - repeated field "ranges" had too many elements')
              }

              for (const evt of SeqRange.codec().stream(reader, reader.uint32(), `${prefix}.ranges[]`, {
                limits: opts.limits?.ranges$
              })) {
                yield {
                  ...evt,
                  index: obj.ranges
                }
              }

              obj.ranges++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ReassignmentIdFieldEvent {
    field: '$.id'
    value: number
  }

  export interface ReassignmentFromRouteFieldEvent {
    field: '$.fromRoute'
    value: number
  }

  export interface ReassignmentToRouteFieldEvent {
    field: '$.toRoute'
    value: number
  }

  export interface ReassignmentCopyFieldEvent {
    field: '$.copy'
    value: boolean
  }

  export interface ReassignmentRangesFromFieldEvent {
    field: '$.ranges[].from'
    value: number
    index: number
  }

  export interface ReassignmentRangesToFieldEvent {
    field: '$.ranges[].to'
    value: number
    index: number
  }

  export function encode (obj: Partial<Reassignment>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Reassignment.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Reassignment>): Reassignment {
    return decodeMessage(buf, Reassignment.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Reassignment>): Generator<ReassignmentIdFieldEvent | ReassignmentFromRouteFieldEvent | ReassignmentToRouteFieldEvent | ReassignmentCopyFieldEvent | ReassignmentRangesFromFieldEvent | ReassignmentRangesToFieldEvent> {
    return streamMessage(buf, Reassignment.codec(), opts)
  }
}

export interface Credit {
  route: number
  limitBytes: number
}

export namespace Credit {
  let _codec: Codec<Credit>

  export const codec = (): Codec<Credit> => {
    if (_codec == null) {
      _codec = message<Credit>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.route != null && obj.route !== 0)) {
          w.uint32(8)
          w.uint32(obj.route)
        }

        if ((obj.limitBytes != null && obj.limitBytes !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.limitBytes)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          route: 0,
          limitBytes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.route = reader.uint32()
              break
            }
            case 2: {
              obj.limitBytes = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.route`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.limitBytes`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface CreditRouteFieldEvent {
    field: '$.route'
    value: number
  }

  export interface CreditLimitBytesFieldEvent {
    field: '$.limitBytes'
    value: number
  }

  export function encode (obj: Partial<Credit>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Credit.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Credit>): Credit {
    return decodeMessage(buf, Credit.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Credit>): Generator<CreditRouteFieldEvent | CreditLimitBytesFieldEvent> {
    return streamMessage(buf, Credit.codec(), opts)
  }
}

export interface Control {
  patterns: PatternChange[]
  reassignments: Reassignment[]
  credits: Credit[]
  horizon: number
  done: number
  hashed: number[]
}

export namespace Control {
  let _codec: Codec<Control>

  export const codec = (): Codec<Control> => {
    if (_codec == null) {
      _codec = message<Control>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.patterns != null && obj.patterns.length > 0) {
          for (const value of obj.patterns) {
            w.uint32(10)
            PatternChange.codec().encode(value, w)
          }
        }

        if (obj.reassignments != null && obj.reassignments.length > 0) {
          for (const value of obj.reassignments) {
            w.uint32(18)
            Reassignment.codec().encode(value, w)
          }
        }

        if (obj.credits != null && obj.credits.length > 0) {
          for (const value of obj.credits) {
            w.uint32(26)
            Credit.codec().encode(value, w)
          }
        }

        if ((obj.horizon != null && obj.horizon !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.horizon)
        }

        if ((obj.done != null && obj.done !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.done)
        }

        if (obj.hashed != null && obj.hashed.length > 0) {
          for (const value of obj.hashed) {
            w.uint32(48)
            w.uint64Number(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          patterns: [],
          reassignments: [],
          credits: [],
          horizon: 0,
          done: 0,
          hashed: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.patterns != null && obj.patterns.length === opts.limits.patterns) {
                throw new MaxLengthError('Decode error - repeated field "patterns" had too many elements')
              }

              obj.patterns.push(PatternChange.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.patterns$
              }))
              break
            }
            case 2: {
              if (opts.limits?.reassignments != null && obj.reassignments.length === opts.limits.reassignments) {
                throw new MaxLengthError('Decode error - repeated field "reassignments" had too many elements')
              }

              obj.reassignments.push(Reassignment.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.reassignments$
              }))
              break
            }
            case 3: {
              if (opts.limits?.credits != null && obj.credits.length === opts.limits.credits) {
                throw new MaxLengthError('Decode error - repeated field "credits" had too many elements')
              }

              obj.credits.push(Credit.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.credits$
              }))
              break
            }
            case 4: {
              obj.horizon = reader.uint64Number()
              break
            }
            case 5: {
              obj.done = reader.uint64Number()
              break
            }
            case 6: {
              if (opts.limits?.hashed != null && obj.hashed.length === opts.limits.hashed) {
                throw new MaxLengthError('Decode error - repeated field "hashed" had too many elements')
              }

              obj.hashed.push(reader.uint64Number())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          patterns: 0,
          reassignments: 0,
          credits: 0,
          hashed: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.patterns != null && obj.patterns === opts.limits.patterns) {
                throw new MaxLengthError('Streaming decode error - repeated field "patterns" had too many elements')
              }

              for (const evt of PatternChange.codec().stream(reader, reader.uint32(), `${prefix}.patterns[]`, {
                limits: opts.limits?.patterns$
              })) {
                yield {
                  ...evt,
                  index: obj.patterns
                }
              }

              obj.patterns++

              break
            }
            case 2: {
              if (opts.limits?.reassignments != null && obj.reassignments === opts.limits.reassignments) {
                throw new MaxLengthError('Streaming decode error - repeated field "reassignments" had too many elements')
              }

              for (const evt of Reassignment.codec().stream(reader, reader.uint32(), `${prefix}.reassignments[]`, {
                limits: opts.limits?.reassignments$
              })) {
                yield {
                  ...evt,
                  index: obj.reassignments
                }
              }

              obj.reassignments++

              break
            }
            case 3: {
              if (opts.limits?.credits != null && obj.credits === opts.limits.credits) {
                throw new MaxLengthError('Streaming decode error - repeated field "credits" had too many elements')
              }

              for (const evt of Credit.codec().stream(reader, reader.uint32(), `${prefix}.credits[]`, {
                limits: opts.limits?.credits$
              })) {
                yield {
                  ...evt,
                  index: obj.credits
                }
              }

              obj.credits++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.horizon`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.done`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              if (opts.limits?.hashed != null && obj.hashed === opts.limits.hashed) {
                throw new MaxLengthError('Streaming decode error - repeated field "hashed" had too many elements')
              }

              yield {
                field: `${prefix}.hashed[]`,
                index: obj.hashed,
                value: reader.uint64Number()
              }

              obj.hashed++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ControlPatternsVersionFieldEvent {
    field: '$.patterns[].version'
    value: number
    index: number
  }

  export interface ControlPatternsFromFieldEvent {
    field: '$.patterns[].from'
    value: number
    index: number
  }

  export interface ControlPatternsPatternFieldEvent {
    field: '$.patterns[].pattern'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ControlReassignmentsIdFieldEvent {
    field: '$.reassignments[].id'
    value: number
    index: number
  }

  export interface ControlReassignmentsFromRouteFieldEvent {
    field: '$.reassignments[].fromRoute'
    value: number
    index: number
  }

  export interface ControlReassignmentsToRouteFieldEvent {
    field: '$.reassignments[].toRoute'
    value: number
    index: number
  }

  export interface ControlReassignmentsCopyFieldEvent {
    field: '$.reassignments[].copy'
    value: boolean
    index: number
  }

  export interface ControlReassignmentsRangesFromFieldEvent {
    field: '$.reassignments[].ranges[].from'
    value: number
    index: number
  }

  export interface ControlReassignmentsRangesToFieldEvent {
    field: '$.reassignments[].ranges[].to'
    value: number
    index: number
  }

  export interface ControlCreditsRouteFieldEvent {
    field: '$.credits[].route'
    value: number
    index: number
  }

  export interface ControlCreditsLimitBytesFieldEvent {
    field: '$.credits[].limitBytes'
    value: number
    index: number
  }

  export interface ControlHorizonFieldEvent {
    field: '$.horizon'
    value: number
  }

  export interface ControlDoneFieldEvent {
    field: '$.done'
    value: number
  }

  export interface ControlHashedFieldEvent {
    field: '$.hashed[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Control>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Control.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Control>): Control {
    return decodeMessage(buf, Control.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Control>): Generator<ControlPatternsVersionFieldEvent | ControlPatternsFromFieldEvent | ControlPatternsPatternFieldEvent | ControlReassignmentsIdFieldEvent | ControlReassignmentsFromRouteFieldEvent | ControlReassignmentsToRouteFieldEvent | ControlReassignmentsCopyFieldEvent | ControlReassignmentsRangesFromFieldEvent | ControlReassignmentsRangesToFieldEvent | ControlCreditsRouteFieldEvent | ControlCreditsLimitBytesFieldEvent | ControlHorizonFieldEvent | ControlDoneFieldEvent | ControlHashedFieldEvent> {
    return streamMessage(buf, Control.codec(), opts)
  }
}

export interface Drop {
  id: number
  ranges: SeqRange[]
}

export namespace Drop {
  let _codec: Codec<Drop>

  export const codec = (): Codec<Drop> => {
    if (_codec == null) {
      _codec = message<Drop>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== 0)) {
          w.uint32(8)
          w.uint32(obj.id)
        }

        if (obj.ranges != null && obj.ranges.length > 0) {
          for (const value of obj.ranges) {
            w.uint32(18)
            SeqRange.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: 0,
          ranges: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.uint32()
              break
            }
            case 2: {
              if (opts.limits?.ranges != null && obj.ranges.length === opts.limits.ranges) {
                throw new MaxLengthError('Decode error - repeated field "ranges" had too many elements')
              }

              obj.ranges.push(SeqRange.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ranges$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          ranges: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.id`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              if (opts.limits?.ranges != null && obj.ranges === opts.limits.ranges) {
                throw new MaxLengthError('Streaming decode error - repeated field "ranges" had too many elements')
              }

              for (const evt of SeqRange.codec().stream(reader, reader.uint32(), `${prefix}.ranges[]`, {
                limits: opts.limits?.ranges$
              })) {
                yield {
                  ...evt,
                  index: obj.ranges
                }
              }

              obj.ranges++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DropIdFieldEvent {
    field: '$.id'
    value: number
  }

  export interface DropRangesFromFieldEvent {
    field: '$.ranges[].from'
    value: number
    index: number
  }

  export interface DropRangesToFieldEvent {
    field: '$.ranges[].to'
    value: number
    index: number
  }

  export function encode (obj: Partial<Drop>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Drop.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Drop>): Drop {
    return decodeMessage(buf, Drop.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Drop>): Generator<DropIdFieldEvent | DropRangesFromFieldEvent | DropRangesToFieldEvent> {
    return streamMessage(buf, Drop.codec(), opts)
  }
}

export interface Plan {
  patterns: PatternChange[]
  drops: Drop[]
  done: number
}

export namespace Plan {
  let _codec: Codec<Plan>

  export const codec = (): Codec<Plan> => {
    if (_codec == null) {
      _codec = message<Plan>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.patterns != null && obj.patterns.length > 0) {
          for (const value of obj.patterns) {
            w.uint32(10)
            PatternChange.codec().encode(value, w)
          }
        }

        if (obj.drops != null && obj.drops.length > 0) {
          for (const value of obj.drops) {
            w.uint32(18)
            Drop.codec().encode(value, w)
          }
        }

        if ((obj.done != null && obj.done !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.done)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          patterns: [],
          drops: [],
          done: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.patterns != null && obj.patterns.length === opts.limits.patterns) {
                throw new MaxLengthError('Decode error - repeated field "patterns" had too many elements')
              }

              obj.patterns.push(PatternChange.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.patterns$
              }))
              break
            }
            case 2: {
              if (opts.limits?.drops != null && obj.drops.length === opts.limits.drops) {
                throw new MaxLengthError('Decode error - repeated field "drops" had too many elements')
              }

              obj.drops.push(Drop.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.drops$
              }))
              break
            }
            case 3: {
              obj.done = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          patterns: 0,
          drops: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.patterns != null && obj.patterns === opts.limits.patterns) {
                throw new MaxLengthError('Streaming decode error - repeated field "patterns" had too many elements')
              }

              for (const evt of PatternChange.codec().stream(reader, reader.uint32(), `${prefix}.patterns[]`, {
                limits: opts.limits?.patterns$
              })) {
                yield {
                  ...evt,
                  index: obj.patterns
                }
              }

              obj.patterns++

              break
            }
            case 2: {
              if (opts.limits?.drops != null && obj.drops === opts.limits.drops) {
                throw new MaxLengthError('Streaming decode error - repeated field "drops" had too many elements')
              }

              for (const evt of Drop.codec().stream(reader, reader.uint32(), `${prefix}.drops[]`, {
                limits: opts.limits?.drops$
              })) {
                yield {
                  ...evt,
                  index: obj.drops
                }
              }

              obj.drops++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.done`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PlanPatternsVersionFieldEvent {
    field: '$.patterns[].version'
    value: number
    index: number
  }

  export interface PlanPatternsFromFieldEvent {
    field: '$.patterns[].from'
    value: number
    index: number
  }

  export interface PlanPatternsPatternFieldEvent {
    field: '$.patterns[].pattern'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface PlanDropsIdFieldEvent {
    field: '$.drops[].id'
    value: number
    index: number
  }

  export interface PlanDropsRangesFromFieldEvent {
    field: '$.drops[].ranges[].from'
    value: number
    index: number
  }

  export interface PlanDropsRangesToFieldEvent {
    field: '$.drops[].ranges[].to'
    value: number
    index: number
  }

  export interface PlanDoneFieldEvent {
    field: '$.done'
    value: number
  }

  export function encode (obj: Partial<Plan>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Plan.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Plan>): Plan {
    return decodeMessage(buf, Plan.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Plan>): Generator<PlanPatternsVersionFieldEvent | PlanPatternsFromFieldEvent | PlanPatternsPatternFieldEvent | PlanDropsIdFieldEvent | PlanDropsRangesFromFieldEvent | PlanDropsRangesToFieldEvent | PlanDoneFieldEvent> {
    return streamMessage(buf, Plan.codec(), opts)
  }
}

export interface Open {
  hops: Hop[]
  envelope: Uint8Array<ArrayBuffer>
  request: Uint8Array<ArrayBuffer>
  handshake?: Uint8Array<ArrayBuffer>
}

export namespace Open {
  let _codec: Codec<Open>

  export const codec = (): Codec<Open> => {
    if (_codec == null) {
      _codec = message<Open>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.hops != null && obj.hops.length > 0) {
          for (const value of obj.hops) {
            w.uint32(10)
            Hop.codec().encode(value, w)
          }
        }

        if ((obj.envelope != null && obj.envelope.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.envelope)
        }

        if ((obj.request != null && obj.request.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.request)
        }

        if (obj.handshake != null) {
          w.uint32(34)
          w.bytes(obj.handshake)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          hops: [],
          envelope: uint8ArrayAlloc(0),
          request: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.hops != null && obj.hops.length === opts.limits.hops) {
                throw new MaxLengthError('Decode error - repeated field "hops" had too many elements')
              }

              obj.hops.push(Hop.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.hops$
              }))
              break
            }
            case 2: {
              obj.envelope = reader.bytes()
              break
            }
            case 3: {
              obj.request = reader.bytes()
              break
            }
            case 4: {
              obj.handshake = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          hops: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.hops != null && obj.hops === opts.limits.hops) {
                throw new MaxLengthError('Streaming decode error - repeated field "hops" had too many elements')
              }

              for (const evt of Hop.codec().stream(reader, reader.uint32(), `${prefix}.hops[]`, {
                limits: opts.limits?.hops$
              })) {
                yield {
                  ...evt,
                  index: obj.hops
                }
              }

              obj.hops++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.envelope`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.request`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.handshake`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface OpenHopsPeerIdFieldEvent {
    field: '$.hops[].peerId'
    value: string
    index: number
  }

  export interface OpenHopsAddressesFieldEvent {
    field: '$.hops[].addresses[]'
    index: number
    value: string
  }

  export interface OpenEnvelopeFieldEvent {
    field: '$.envelope'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OpenRequestFieldEvent {
    field: '$.request'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OpenHandshakeFieldEvent {
    field: '$.handshake'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Open>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Open.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Open>): Open {
    return decodeMessage(buf, Open.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Open>): Generator<OpenHopsPeerIdFieldEvent | OpenHopsAddressesFieldEvent | OpenEnvelopeFieldEvent | OpenRequestFieldEvent | OpenHandshakeFieldEvent> {
    return streamMessage(buf, Open.codec(), opts)
  }
}

export interface Envelope {
  sessionId: Uint8Array<ArrayBuffer>
  route: number
  plan?: Plan
  capabilities: string[]
  pass?: Uint8Array<ArrayBuffer>
  opening?: number
}

export namespace Envelope {
  let _codec: Codec<Envelope>

  export const codec = (): Codec<Envelope> => {
    if (_codec == null) {
      _codec = message<Envelope>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sessionId != null && obj.sessionId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.sessionId)
        }

        if ((obj.route != null && obj.route !== 0)) {
          w.uint32(16)
          w.uint32(obj.route)
        }

        if (obj.plan != null) {
          w.uint32(26)
          Plan.codec().encode(obj.plan, w)
        }

        if (obj.capabilities != null && obj.capabilities.length > 0) {
          for (const value of obj.capabilities) {
            w.uint32(34)
            w.string(value)
          }
        }

        if (obj.pass != null) {
          w.uint32(42)
          w.bytes(obj.pass)
        }

        if (obj.opening != null) {
          w.uint32(48)
          w.uint32(obj.opening)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sessionId: uint8ArrayAlloc(0),
          route: 0,
          capabilities: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sessionId = reader.bytes()
              break
            }
            case 2: {
              obj.route = reader.uint32()
              break
            }
            case 3: {
              obj.plan = Plan.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.plan
              })
              break
            }
            case 4: {
              if (opts.limits?.capabilities != null && obj.capabilities.length === opts.limits.capabilities) {
                throw new MaxLengthError('Decode error - repeated field "capabilities" had too many elements')
              }

              obj.capabilities.push(reader.string())
              break
            }
            case 5: {
              obj.pass = reader.bytes()
              break
            }
            case 6: {
              obj.opening = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          capabilities: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.sessionId`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.route`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield * Plan.codec().stream(reader, reader.uint32(), `${prefix}.plan`, {
                limits: opts.limits?.plan
              })

              break
            }
            case 4: {
              if (opts.limits?.capabilities != null && obj.capabilities === opts.limits.capabilities) {
                throw new MaxLengthError('Streaming decode error - repeated field "capabilities" had too many elements')
              }

              yield {
                field: `${prefix}.capabilities[]`,
                index: obj.capabilities,
                value: reader.string()
              }

              obj.capabilities++

              break
            }
            case 5: {
              yield {
                field: `${prefix}.pass`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.opening`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface EnvelopeSessionIdFieldEvent {
    field: '$.sessionId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EnvelopeRouteFieldEvent {
    field: '$.route'
    value: number
  }

  export interface EnvelopePlanPatternsVersionFieldEvent {
    field: '$.plan.patterns[].version'
    value: number
    index: number
  }

  export interface EnvelopePlanPatternsFromFieldEvent {
    field: '$.plan.patterns[].from'
    value: number
    index: number
  }

  export interface EnvelopePlanPatternsPatternFieldEvent {
    field: '$.plan.patterns[].pattern'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopePlanDropsIdFieldEvent {
    field: '$.plan.drops[].id'
    value: number
    index: number
  }

  export interface EnvelopePlanDropsRangesFromFieldEvent {
    field: '$.plan.drops[].ranges[].from'
    value: number
    index: number
  }

  export interface EnvelopePlanDropsRangesToFieldEvent {
    field: '$.plan.drops[].ranges[].to'
    value: number
    index: number
  }

  export interface EnvelopePlanDoneFieldEvent {
    field: '$.plan.done'
    value: number
  }

  export interface EnvelopeCapabilitiesFieldEvent {
    field: '$.capabilities[]'
    index: number
    value: string
  }

  export interface EnvelopePassFieldEvent {
    field: '$.pass'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EnvelopeOpeningFieldEvent {
    field: '$.opening'
    value: number
  }

  export function encode (obj: Partial<Envelope>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Envelope.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Envelope>): Envelope {
    return decodeMessage(buf, Envelope.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Envelope>): Generator<EnvelopeSessionIdFieldEvent | EnvelopeRouteFieldEvent | EnvelopePlanPatternsVersionFieldEvent | EnvelopePlanPatternsFromFieldEvent | EnvelopePlanPatternsPatternFieldEvent | EnvelopePlanDropsIdFieldEvent | EnvelopePlanDropsRangesFromFieldEvent | EnvelopePlanDropsRangesToFieldEvent | EnvelopePlanDoneFieldEvent | EnvelopeCapabilitiesFieldEvent | EnvelopePassFieldEvent | EnvelopeOpeningFieldEvent> {
    return streamMessage(buf, Envelope.codec(), opts)
  }
}

export interface Request {
  name: string
  rootHash: Uint8Array<ArrayBuffer>
  firstSeq: number
  endSeq?: number
  control?: Control
  testBytes: number
  capabilities: string[]
  backMs?: number
  parts?: boolean
}

export namespace Request {
  let _codec: Codec<Request>

  export const codec = (): Codec<Request> => {
    if (_codec == null) {
      _codec = message<Request>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(10)
          w.string(obj.name)
        }

        if ((obj.rootHash != null && obj.rootHash.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.rootHash)
        }

        if ((obj.firstSeq != null && obj.firstSeq !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.firstSeq)
        }

        if (obj.endSeq != null) {
          w.uint32(32)
          w.uint64Number(obj.endSeq)
        }

        if (obj.control != null) {
          w.uint32(42)
          Control.codec().encode(obj.control, w)
        }

        if ((obj.testBytes != null && obj.testBytes !== 0)) {
          w.uint32(48)
          w.uint32(obj.testBytes)
        }

        if (obj.capabilities != null && obj.capabilities.length > 0) {
          for (const value of obj.capabilities) {
            w.uint32(58)
            w.string(value)
          }
        }

        if (obj.backMs != null) {
          w.uint32(64)
          w.uint64Number(obj.backMs)
        }

        if (obj.parts != null) {
          w.uint32(72)
          w.bool(obj.parts)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          name: '',
          rootHash: uint8ArrayAlloc(0),
          firstSeq: 0,
          testBytes: 0,
          capabilities: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.name = reader.string()
              break
            }
            case 2: {
              obj.rootHash = reader.bytes()
              break
            }
            case 3: {
              obj.firstSeq = reader.uint64Number()
              break
            }
            case 4: {
              obj.endSeq = reader.uint64Number()
              break
            }
            case 5: {
              obj.control = Control.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.control
              })
              break
            }
            case 6: {
              obj.testBytes = reader.uint32()
              break
            }
            case 7: {
              if (opts.limits?.capabilities != null && obj.capabilities.length === opts.limits.capabilities) {
                throw new MaxLengthError('Decode error - repeated field "capabilities" had too many elements')
              }

              obj.capabilities.push(reader.string())
              break
            }
            case 8: {
              obj.backMs = reader.uint64Number()
              break
            }
            case 9: {
              obj.parts = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          capabilities: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.rootHash`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.firstSeq`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.endSeq`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield * Control.codec().stream(reader, reader.uint32(), `${prefix}.control`, {
                limits: opts.limits?.control
              })

              break
            }
            case 6: {
              yield {
                field: `${prefix}.testBytes`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              if (opts.limits?.capabilities != null && obj.capabilities === opts.limits.capabilities) {
                throw new MaxLengthError('Streaming decode error - repeated field "capabilities" had too many elements')
              }

              yield {
                field: `${prefix}.capabilities[]`,
                index: obj.capabilities,
                value: reader.string()
              }

              obj.capabilities++

              break
            }
            case 8: {
              yield {
                field: `${prefix}.backMs`,
                value: reader.uint64Number()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.parts`,
                value: reader.bool()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface RequestNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface RequestRootHashFieldEvent {
    field: '$.rootHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RequestFirstSeqFieldEvent {
    field: '$.firstSeq'
    value: number
  }

  export interface RequestEndSeqFieldEvent {
    field: '$.endSeq'
    value: number
  }

  export interface RequestControlPatternsVersionFieldEvent {
    field: '$.control.patterns[].version'
    value: number
    index: number
  }

  export interface RequestControlPatternsFromFieldEvent {
    field: '$.control.patterns[].from'
    value: number
    index: number
  }

  export interface RequestControlPatternsPatternFieldEvent {
    field: '$.control.patterns[].pattern'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface RequestControlReassignmentsIdFieldEvent {
    field: '$.control.reassignments[].id'
    value: number
    index: number
  }

  export interface RequestControlReassignmentsFromRouteFieldEvent {
    field: '$.control.reassignments[].fromRoute'
    value: number
    index: number
  }

  export interface RequestControlReassignmentsToRouteFieldEvent {
    field: '$.control.reassignments[].toRoute'
    value: number
    index: number
  }

  export interface RequestControlReassignmentsCopyFieldEvent {
    field: '$.control.reassignments[].copy'
    value: boolean
    index: number
  }

  export interface RequestControlReassignmentsRangesFromFieldEvent {
    field: '$.control.reassignments[].ranges[].from'
    value: number
    index: number
  }

  export interface RequestControlReassignmentsRangesToFieldEvent {
    field: '$.control.reassignments[].ranges[].to'
    value: number
    index: number
  }

  export interface RequestControlCreditsRouteFieldEvent {
    field: '$.control.credits[].route'
    value: number
    index: number
  }

  export interface RequestControlCreditsLimitBytesFieldEvent {
    field: '$.control.credits[].limitBytes'
    value: number
    index: number
  }

  export interface RequestControlHorizonFieldEvent {
    field: '$.control.horizon'
    value: number
  }

  export interface RequestControlDoneFieldEvent {
    field: '$.control.done'
    value: number
  }

  export interface RequestControlHashedFieldEvent {
    field: '$.control.hashed[]'
    index: number
    value: number
  }

  export interface RequestTestBytesFieldEvent {
    field: '$.testBytes'
    value: number
  }

  export interface RequestCapabilitiesFieldEvent {
    field: '$.capabilities[]'
    index: number
    value: string
  }

  export interface RequestBackMsFieldEvent {
    field: '$.backMs'
    value: number
  }

  export interface RequestPartsFieldEvent {
    field: '$.parts'
    value: boolean
  }

  export function encode (obj: Partial<Request>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Request.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request>): Request {
    return decodeMessage(buf, Request.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request>): Generator<RequestNameFieldEvent | RequestRootHashFieldEvent | RequestFirstSeqFieldEvent | RequestEndSeqFieldEvent | RequestControlPatternsVersionFieldEvent | RequestControlPatternsFromFieldEvent | RequestControlPatternsPatternFieldEvent | RequestControlReassignmentsIdFieldEvent | RequestControlReassignmentsFromRouteFieldEvent | RequestControlReassignmentsToRouteFieldEvent | RequestControlReassignmentsCopyFieldEvent | RequestControlReassignmentsRangesFromFieldEvent | RequestControlReassignmentsRangesToFieldEvent | RequestControlCreditsRouteFieldEvent | RequestControlCreditsLimitBytesFieldEvent | RequestControlHorizonFieldEvent | RequestControlDoneFieldEvent | RequestControlHashedFieldEvent | RequestTestBytesFieldEvent | RequestCapabilitiesFieldEvent | RequestBackMsFieldEvent | RequestPartsFieldEvent> {
    return streamMessage(buf, Request.codec(), opts)
  }
}

export interface Parts {
  ranges: SeqRange[]
  coming: SeqRange[]
}

export namespace Parts {
  let _codec: Codec<Parts>

  export const codec = (): Codec<Parts> => {
    if (_codec == null) {
      _codec = message<Parts>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.ranges != null && obj.ranges.length > 0) {
          for (const value of obj.ranges) {
            w.uint32(10)
            SeqRange.codec().encode(value, w)
          }
        }

        if (obj.coming != null && obj.coming.length > 0) {
          for (const value of obj.coming) {
            w.uint32(18)
            SeqRange.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          ranges: [],
          coming: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.ranges != null && obj.ranges.length === opts.limits.ranges) {
                throw new MaxLengthError('Decode error - repeated field "ranges" had too many elements')
              }

              obj.ranges.push(SeqRange.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ranges$
              }))
              break
            }
            case 2: {
              if (opts.limits?.coming != null && obj.coming.length === opts.limits.coming) {
                throw new MaxLengthError('Decode error - repeated field "coming" had too many elements')
              }

              obj.coming.push(SeqRange.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.coming$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          ranges: 0,
          coming: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.ranges != null && obj.ranges === opts.limits.ranges) {
                throw new MaxLengthError('Streaming decode error - repeated field "ranges" had too many elements')
              }

              for (const evt of SeqRange.codec().stream(reader, reader.uint32(), `${prefix}.ranges[]`, {
                limits: opts.limits?.ranges$
              })) {
                yield {
                  ...evt,
                  index: obj.ranges
                }
              }

              obj.ranges++

              break
            }
            case 2: {
              if (opts.limits?.coming != null && obj.coming === opts.limits.coming) {
                throw new MaxLengthError('Streaming decode error - repeated field "coming" had too many elements')
              }

              for (const evt of SeqRange.codec().stream(reader, reader.uint32(), `${prefix}.coming[]`, {
                limits: opts.limits?.coming$
              })) {
                yield {
                  ...evt,
                  index: obj.coming
                }
              }

              obj.coming++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PartsRangesFromFieldEvent {
    field: '$.ranges[].from'
    value: number
    index: number
  }

  export interface PartsRangesToFieldEvent {
    field: '$.ranges[].to'
    value: number
    index: number
  }

  export interface PartsComingFromFieldEvent {
    field: '$.coming[].from'
    value: number
    index: number
  }

  export interface PartsComingToFieldEvent {
    field: '$.coming[].to'
    value: number
    index: number
  }

  export function encode (obj: Partial<Parts>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Parts.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Parts>): Parts {
    return decodeMessage(buf, Parts.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Parts>): Generator<PartsRangesFromFieldEvent | PartsRangesToFieldEvent | PartsComingFromFieldEvent | PartsComingToFieldEvent> {
    return streamMessage(buf, Parts.codec(), opts)
  }
}

export interface Opened {
  record: Uint8Array<ArrayBuffer>
  capabilities: string[]
  cipher?: string
  nextSecret?: Uint8Array<ArrayBuffer>
  firstSeq?: number
}

export namespace Opened {
  let _codec: Codec<Opened>

  export const codec = (): Codec<Opened> => {
    if (_codec == null) {
      _codec = message<Opened>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.record)
        }

        if (obj.capabilities != null && obj.capabilities.length > 0) {
          for (const value of obj.capabilities) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (obj.cipher != null) {
          w.uint32(26)
          w.string(obj.cipher)
        }

        if (obj.nextSecret != null) {
          w.uint32(34)
          w.bytes(obj.nextSecret)
        }

        if (obj.firstSeq != null) {
          w.uint32(40)
          w.uint64Number(obj.firstSeq)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          record: uint8ArrayAlloc(0),
          capabilities: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.record = reader.bytes()
              break
            }
            case 2: {
              if (opts.limits?.capabilities != null && obj.capabilities.length === opts.limits.capabilities) {
                throw new MaxLengthError('Decode error - repeated field "capabilities" had too many elements')
              }

              obj.capabilities.push(reader.string())
              break
            }
            case 3: {
              obj.cipher = reader.string()
              break
            }
            case 4: {
              obj.nextSecret = reader.bytes()
              break
            }
            case 5: {
              obj.firstSeq = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          capabilities: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.record`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              if (opts.limits?.capabilities != null && obj.capabilities === opts.limits.capabilities) {
                throw new MaxLengthError('Streaming decode error - repeated field "capabilities" had too many elements')
              }

              yield {
                field: `${prefix}.capabilities[]`,
                index: obj.capabilities,
                value: reader.string()
              }

              obj.capabilities++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.cipher`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.nextSecret`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.firstSeq`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface OpenedRecordFieldEvent {
    field: '$.record'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OpenedCapabilitiesFieldEvent {
    field: '$.capabilities[]'
    index: number
    value: string
  }

  export interface OpenedCipherFieldEvent {
    field: '$.cipher'
    value: string
  }

  export interface OpenedNextSecretFieldEvent {
    field: '$.nextSecret'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OpenedFirstSeqFieldEvent {
    field: '$.firstSeq'
    value: number
  }

  export function encode (obj: Partial<Opened>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Opened.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Opened>): Opened {
    return decodeMessage(buf, Opened.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Opened>): Generator<OpenedRecordFieldEvent | OpenedCapabilitiesFieldEvent | OpenedCipherFieldEvent | OpenedNextSecretFieldEvent | OpenedFirstSeqFieldEvent> {
    return streamMessage(buf, Opened.codec(), opts)
  }
}

export interface Secret {
  secret: Uint8Array<ArrayBuffer>
  cipher: string
}

export namespace Secret {
  let _codec: Codec<Secret>

  export const codec = (): Codec<Secret> => {
    if (_codec == null) {
      _codec = message<Secret>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.secret != null && obj.secret.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.secret)
        }

        if ((obj.cipher != null && obj.cipher !== '')) {
          w.uint32(18)
          w.string(obj.cipher)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          secret: uint8ArrayAlloc(0),
          cipher: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.secret = reader.bytes()
              break
            }
            case 2: {
              obj.cipher = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.secret`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.cipher`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SecretSecretFieldEvent {
    field: '$.secret'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SecretCipherFieldEvent {
    field: '$.cipher'
    value: string
  }

  export function encode (obj: Partial<Secret>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Secret.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Secret>): Secret {
    return decodeMessage(buf, Secret.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Secret>): Generator<SecretSecretFieldEvent | SecretCipherFieldEvent> {
    return streamMessage(buf, Secret.codec(), opts)
  }
}

export interface Ended {
  status: number
  message: string
}

export namespace Ended {
  let _codec: Codec<Ended>

  export const codec = (): Codec<Ended> => {
    if (_codec == null) {
      _codec = message<Ended>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.status != null && obj.status !== 0)) {
          w.uint32(8)
          w.uint32(obj.status)
        }

        if ((obj.message != null && obj.message !== '')) {
          w.uint32(18)
          w.string(obj.message)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          status: 0,
          message: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.status = reader.uint32()
              break
            }
            case 2: {
              obj.message = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.status`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.message`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface EndedStatusFieldEvent {
    field: '$.status'
    value: number
  }

  export interface EndedMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export function encode (obj: Partial<Ended>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Ended.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ended>): Ended {
    return decodeMessage(buf, Ended.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ended>): Generator<EndedStatusFieldEvent | EndedMessageFieldEvent> {
    return streamMessage(buf, Ended.codec(), opts)
  }
}

export interface Relay {
  peerId: string
  maxRateBytesPerSecond: number
  bufferBytes: number
  sessions: number
  maxSessions: number
  setUpMs: number
  capabilities: string[]
}

export namespace Relay {
  let _codec: Codec<Relay>

  export const codec = (): Codec<Relay> => {
    if (_codec == null) {
      _codec = message<Relay>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(10)
          w.string(obj.peerId)
        }

        if ((obj.maxRateBytesPerSecond != null && obj.maxRateBytesPerSecond !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.maxRateBytesPerSecond)
        }

        if ((obj.bufferBytes != null && obj.bufferBytes !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.bufferBytes)
        }

        if ((obj.sessions != null && obj.sessions !== 0)) {
          w.uint32(32)
          w.uint32(obj.sessions)
        }

        if ((obj.maxSessions != null && obj.maxSessions !== 0)) {
          w.uint32(40)
          w.uint32(obj.maxSessions)
        }

        if ((obj.setUpMs != null && obj.setUpMs !== 0)) {
          w.uint32(48)
          w.uint32(obj.setUpMs)
        }

        if (obj.capabilities != null && obj.capabilities.length > 0) {
          for (const value of obj.capabilities) {
            w.uint32(58)
            w.string(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: '',
          maxRateBytesPerSecond: 0,
          bufferBytes: 0,
          sessions: 0,
          maxSessions: 0,
          setUpMs: 0,
          capabilities: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.peerId = reader.string()
              break
            }
            case 2: {
              obj.maxRateBytesPerSecond = reader.uint64Number()
              break
            }
            case 3: {
              obj.bufferBytes = reader.uint64Number()
              break
            }
            case 4: {
              obj.sessions = reader.uint32()
              break
            }
            case 5: {
              obj.maxSessions = reader.uint32()
              break
            }
            case 6: {
              obj.setUpMs = reader.uint32()
              break
            }
            case 7: {
              if (opts.limits?.capabilities != null && obj.capabilities.length === opts.limits.capabilities) {
                throw new MaxLengthError('Decode error - repeated field "capabilities" had too many elements')
              }

              obj.capabilities.push(reader.string())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          capabilities: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.peerId`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.maxRateBytesPerSecond`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.bufferBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.sessions`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.maxSessions`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.setUpMs`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              if (opts.limits?.capabilities != null && obj.capabilities === opts.limits.capabilities) {
                throw new MaxLengthError('Streaming decode error - repeated field "capabilities" had too many elements')
              }

              yield {
                field: `${prefix}.capabilities[]`,
                index: obj.capabilities,
                value: reader.string()
              }

              obj.capabilities++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface RelayPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface RelayMaxRateBytesPerSecondFieldEvent {
    field: '$.maxRateBytesPerSecond'
    value: number
  }

  export interface RelayBufferBytesFieldEvent {
    field: '$.bufferBytes'
    value: number
  }

  export interface RelaySessionsFieldEvent {
    field: '$.sessions'
    value: number
  }

  export interface RelayMaxSessionsFieldEvent {
    field: '$.maxSessions'
    value: number
  }

  export interface RelaySetUpMsFieldEvent {
    field: '$.setUpMs'
    value: number
  }

  export interface RelayCapabilitiesFieldEvent {
    field: '$.capabilities[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<Relay>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Relay.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Relay>): Relay {
    return decodeMessage(buf, Relay.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Relay>): Generator<RelayPeerIdFieldEvent | RelayMaxRateBytesPerSecondFieldEvent | RelayBufferBytesFieldEvent | RelaySessionsFieldEvent | RelayMaxSessionsFieldEvent | RelaySetUpMsFieldEvent | RelayCapabilitiesFieldEvent> {
    return streamMessage(buf, Relay.codec(), opts)
  }
}

export interface Test {
  nonce: number
  replyBytes: number
}

export namespace Test {
  let _codec: Codec<Test>

  export const codec = (): Codec<Test> => {
    if (_codec == null) {
      _codec = message<Test>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.nonce != null && obj.nonce !== 0)) {
          w.uint32(8)
          w.uint32(obj.nonce)
        }

        if ((obj.replyBytes != null && obj.replyBytes !== 0)) {
          w.uint32(16)
          w.uint32(obj.replyBytes)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          nonce: 0,
          replyBytes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.nonce = reader.uint32()
              break
            }
            case 2: {
              obj.replyBytes = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.nonce`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.replyBytes`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface TestNonceFieldEvent {
    field: '$.nonce'
    value: number
  }

  export interface TestReplyBytesFieldEvent {
    field: '$.replyBytes'
    value: number
  }

  export function encode (obj: Partial<Test>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Test.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Test>): Test {
    return decodeMessage(buf, Test.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Test>): Generator<TestNonceFieldEvent | TestReplyBytesFieldEvent> {
    return streamMessage(buf, Test.codec(), opts)
  }
}

export interface TestReply {
  nonce: number
  padding: Uint8Array<ArrayBuffer>
}

export namespace TestReply {
  let _codec: Codec<TestReply>

  export const codec = (): Codec<TestReply> => {
    if (_codec == null) {
      _codec = message<TestReply>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.nonce != null && obj.nonce !== 0)) {
          w.uint32(8)
          w.uint32(obj.nonce)
        }

        if ((obj.padding != null && obj.padding.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.padding)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          nonce: 0,
          padding: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.nonce = reader.uint32()
              break
            }
            case 2: {
              obj.padding = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.nonce`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.padding`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface TestReplyNonceFieldEvent {
    field: '$.nonce'
    value: number
  }

  export interface TestReplyPaddingFieldEvent {
    field: '$.padding'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<TestReply>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, TestReply.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TestReply>): TestReply {
    return decodeMessage(buf, TestReply.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TestReply>): Generator<TestReplyNonceFieldEvent | TestReplyPaddingFieldEvent> {
    return streamMessage(buf, TestReply.codec(), opts)
  }
}

export interface PatternApplied {
  version: number
  from: number
}

export namespace PatternApplied {
  let _codec: Codec<PatternApplied>

  export const codec = (): Codec<PatternApplied> => {
    if (_codec == null) {
      _codec = message<PatternApplied>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.version != null && obj.version !== 0)) {
          w.uint32(8)
          w.uint32(obj.version)
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.from)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          version: 0,
          from: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.version = reader.uint32()
              break
            }
            case 2: {
              obj.from = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.version`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.from`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PatternAppliedVersionFieldEvent {
    field: '$.version'
    value: number
  }

  export interface PatternAppliedFromFieldEvent {
    field: '$.from'
    value: number
  }

  export function encode (obj: Partial<PatternApplied>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, PatternApplied.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PatternApplied>): PatternApplied {
    return decodeMessage(buf, PatternApplied.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PatternApplied>): Generator<PatternAppliedVersionFieldEvent | PatternAppliedFromFieldEvent> {
    return streamMessage(buf, PatternApplied.codec(), opts)
  }
}

export interface Reassigned {
  id: number
  kept: SeqRange[]
}

export namespace Reassigned {
  let _codec: Codec<Reassigned>

  export const codec = (): Codec<Reassigned> => {
    if (_codec == null) {
      _codec = message<Reassigned>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== 0)) {
          w.uint32(8)
          w.uint32(obj.id)
        }

        if (obj.kept != null && obj.kept.length > 0) {
          for (const value of obj.kept) {
            w.uint32(18)
            SeqRange.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: 0,
          kept: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.uint32()
              break
            }
            case 2: {
              if (opts.limits?.kept != null && obj.kept.length === opts.limits.kept) {
                throw new MaxLengthError('Decode error - repeated field "kept" had too many elements')
              }

              obj.kept.push(SeqRange.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.kept$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          kept: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.id`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              if (opts.limits?.kept != null && obj.kept === opts.limits.kept) {
                throw new MaxLengthError('Streaming decode error - repeated field "kept" had too many elements')
              }

              for (const evt of SeqRange.codec().stream(reader, reader.uint32(), `${prefix}.kept[]`, {
                limits: opts.limits?.kept$
              })) {
                yield {
                  ...evt,
                  index: obj.kept
                }
              }

              obj.kept++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ReassignedIdFieldEvent {
    field: '$.id'
    value: number
  }

  export interface ReassignedKeptFromFieldEvent {
    field: '$.kept[].from'
    value: number
    index: number
  }

  export interface ReassignedKeptToFieldEvent {
    field: '$.kept[].to'
    value: number
    index: number
  }

  export function encode (obj: Partial<Reassigned>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Reassigned.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Reassigned>): Reassigned {
    return decodeMessage(buf, Reassigned.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Reassigned>): Generator<ReassignedIdFieldEvent | ReassignedKeptFromFieldEvent | ReassignedKeptToFieldEvent> {
    return streamMessage(buf, Reassigned.codec(), opts)
  }
}

export interface Report {
  source: string
  patterns: PatternApplied[]
  reassigned: Reassigned[]
}

export namespace Report {
  let _codec: Codec<Report>

  export const codec = (): Codec<Report> => {
    if (_codec == null) {
      _codec = message<Report>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.source != null && obj.source !== '')) {
          w.uint32(10)
          w.string(obj.source)
        }

        if (obj.patterns != null && obj.patterns.length > 0) {
          for (const value of obj.patterns) {
            w.uint32(18)
            PatternApplied.codec().encode(value, w)
          }
        }

        if (obj.reassigned != null && obj.reassigned.length > 0) {
          for (const value of obj.reassigned) {
            w.uint32(26)
            Reassigned.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          source: '',
          patterns: [],
          reassigned: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.source = reader.string()
              break
            }
            case 2: {
              if (opts.limits?.patterns != null && obj.patterns.length === opts.limits.patterns) {
                throw new MaxLengthError('Decode error - repeated field "patterns" had too many elements')
              }

              obj.patterns.push(PatternApplied.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.patterns$
              }))
              break
            }
            case 3: {
              if (opts.limits?.reassigned != null && obj.reassigned.length === opts.limits.reassigned) {
                throw new MaxLengthError('Decode error - repeated field "reassigned" had too many elements')
              }

              obj.reassigned.push(Reassigned.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.reassigned$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          patterns: 0,
          reassigned: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.source`,
                value: reader.string()
              }
              break
            }
            case 2: {
              if (opts.limits?.patterns != null && obj.patterns === opts.limits.patterns) {
                throw new MaxLengthError('Streaming decode error - repeated field "patterns" had too many elements')
              }

              for (const evt of PatternApplied.codec().stream(reader, reader.uint32(), `${prefix}.patterns[]`, {
                limits: opts.limits?.patterns$
              })) {
                yield {
                  ...evt,
                  index: obj.patterns
                }
              }

              obj.patterns++

              break
            }
            case 3: {
              if (opts.limits?.reassigned != null && obj.reassigned === opts.limits.reassigned) {
                throw new MaxLengthError('Streaming decode error - repeated field "reassigned" had too many elements')
              }

              for (const evt of Reassigned.codec().stream(reader, reader.uint32(), `${prefix}.reassigned[]`, {
                limits: opts.limits?.reassigned$
              })) {
                yield {
                  ...evt,
                  index: obj.reassigned
                }
              }

              obj.reassigned++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ReportSourceFieldEvent {
    field: '$.source'
    value: string
  }

  export interface ReportPatternsVersionFieldEvent {
    field: '$.patterns[].version'
    value: number
    index: number
  }

  export interface ReportPatternsFromFieldEvent {
    field: '$.patterns[].from'
    value: number
    index: number
  }

  export interface ReportReassignedIdFieldEvent {
    field: '$.reassigned[].id'
    value: number
    index: number
  }

  export interface ReportReassignedKeptFromFieldEvent {
    field: '$.reassigned[].kept[].from'
    value: number
    index: number
  }

  export interface ReportReassignedKeptToFieldEvent {
    field: '$.reassigned[].kept[].to'
    value: number
    index: number
  }

  export function encode (obj: Partial<Report>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Report.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Report>): Report {
    return decodeMessage(buf, Report.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Report>): Generator<ReportSourceFieldEvent | ReportPatternsVersionFieldEvent | ReportPatternsFromFieldEvent | ReportReassignedIdFieldEvent | ReportReassignedKeptFromFieldEvent | ReportReassignedKeptToFieldEvent> {
    return streamMessage(buf, Report.codec(), opts)
  }
}

export interface Hashes {
  group: number
  leaves: Uint8Array<ArrayBuffer>
  proof: Uint8Array<ArrayBuffer>
}

export namespace Hashes {
  let _codec: Codec<Hashes>

  export const codec = (): Codec<Hashes> => {
    if (_codec == null) {
      _codec = message<Hashes>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.group != null && obj.group !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.group)
        }

        if ((obj.leaves != null && obj.leaves.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.leaves)
        }

        if ((obj.proof != null && obj.proof.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.proof)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: 0,
          leaves: uint8ArrayAlloc(0),
          proof: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.group = reader.uint64Number()
              break
            }
            case 2: {
              obj.leaves = reader.bytes()
              break
            }
            case 3: {
              obj.proof = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.group`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.leaves`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.proof`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface HashesGroupFieldEvent {
    field: '$.group'
    value: number
  }

  export interface HashesLeavesFieldEvent {
    field: '$.leaves'
    value: Uint8Array<ArrayBuffer>
  }

  export interface HashesProofFieldEvent {
    field: '$.proof'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Hashes>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Hashes.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hashes>): Hashes {
    return decodeMessage(buf, Hashes.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hashes>): Generator<HashesGroupFieldEvent | HashesLeavesFieldEvent | HashesProofFieldEvent> {
    return streamMessage(buf, Hashes.codec(), opts)
  }
}

export interface Lengths {
  from: number
  atByte: number
  lengths: Uint8Array<ArrayBuffer>
}

export namespace Lengths {
  let _codec: Codec<Lengths>

  export const codec = (): Codec<Lengths> => {
    if (_codec == null) {
      _codec = message<Lengths>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.from)
        }

        if ((obj.atByte != null && obj.atByte !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.atByte)
        }

        if ((obj.lengths != null && obj.lengths.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.lengths)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          from: 0,
          atByte: 0,
          lengths: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.from = reader.uint64Number()
              break
            }
            case 2: {
              obj.atByte = reader.uint64Number()
              break
            }
            case 3: {
              obj.lengths = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.from`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.atByte`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.lengths`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface LengthsFromFieldEvent {
    field: '$.from'
    value: number
  }

  export interface LengthsAtByteFieldEvent {
    field: '$.atByte'
    value: number
  }

  export interface LengthsLengthsFieldEvent {
    field: '$.lengths'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Lengths>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Lengths.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Lengths>): Lengths {
    return decodeMessage(buf, Lengths.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Lengths>): Generator<LengthsFromFieldEvent | LengthsAtByteFieldEvent | LengthsLengthsFieldEvent> {
    return streamMessage(buf, Lengths.codec(), opts)
  }
}

export interface Dropped {
  bytes: number
  ranges: SeqRange[]
}

export namespace Dropped {
  let _codec: Codec<Dropped>

  export const codec = (): Codec<Dropped> => {
    if (_codec == null) {
      _codec = message<Dropped>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.bytes != null && obj.bytes !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.bytes)
        }

        if (obj.ranges != null && obj.ranges.length > 0) {
          for (const value of obj.ranges) {
            w.uint32(18)
            SeqRange.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          bytes: 0,
          ranges: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.bytes = reader.uint64Number()
              break
            }
            case 2: {
              if (opts.limits?.ranges != null && obj.ranges.length === opts.limits.ranges) {
                throw new MaxLengthError('Decode error - repeated field "ranges" had too many elements')
              }

              obj.ranges.push(SeqRange.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ranges$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          ranges: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.bytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              if (opts.limits?.ranges != null && obj.ranges === opts.limits.ranges) {
                throw new MaxLengthError('Streaming decode error - repeated field "ranges" had too many elements')
              }

              for (const evt of SeqRange.codec().stream(reader, reader.uint32(), `${prefix}.ranges[]`, {
                limits: opts.limits?.ranges$
              })) {
                yield {
                  ...evt,
                  index: obj.ranges
                }
              }

              obj.ranges++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DroppedBytesFieldEvent {
    field: '$.bytes'
    value: number
  }

  export interface DroppedRangesFromFieldEvent {
    field: '$.ranges[].from'
    value: number
    index: number
  }

  export interface DroppedRangesToFieldEvent {
    field: '$.ranges[].to'
    value: number
    index: number
  }

  export function encode (obj: Partial<Dropped>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Dropped.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Dropped>): Dropped {
    return decodeMessage(buf, Dropped.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Dropped>): Generator<DroppedBytesFieldEvent | DroppedRangesFromFieldEvent | DroppedRangesToFieldEvent> {
    return streamMessage(buf, Dropped.codec(), opts)
  }
}

export interface Skipped {
  bytes: number
  ranges: SeqRange[]
}

export namespace Skipped {
  let _codec: Codec<Skipped>

  export const codec = (): Codec<Skipped> => {
    if (_codec == null) {
      _codec = message<Skipped>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.bytes != null && obj.bytes !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.bytes)
        }

        if (obj.ranges != null && obj.ranges.length > 0) {
          for (const value of obj.ranges) {
            w.uint32(18)
            SeqRange.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          bytes: 0,
          ranges: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.bytes = reader.uint64Number()
              break
            }
            case 2: {
              if (opts.limits?.ranges != null && obj.ranges.length === opts.limits.ranges) {
                throw new MaxLengthError('Decode error - repeated field "ranges" had too many elements')
              }

              obj.ranges.push(SeqRange.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ranges$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          ranges: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.bytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              if (opts.limits?.ranges != null && obj.ranges === opts.limits.ranges) {
                throw new MaxLengthError('Streaming decode error - repeated field "ranges" had too many elements')
              }

              for (const evt of SeqRange.codec().stream(reader, reader.uint32(), `${prefix}.ranges[]`, {
                limits: opts.limits?.ranges$
              })) {
                yield {
                  ...evt,
                  index: obj.ranges
                }
              }

              obj.ranges++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SkippedBytesFieldEvent {
    field: '$.bytes'
    value: number
  }

  export interface SkippedRangesFromFieldEvent {
    field: '$.ranges[].from'
    value: number
    index: number
  }

  export interface SkippedRangesToFieldEvent {
    field: '$.ranges[].to'
    value: number
    index: number
  }

  export function encode (obj: Partial<Skipped>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Skipped.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Skipped>): Skipped {
    return decodeMessage(buf, Skipped.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Skipped>): Generator<SkippedBytesFieldEvent | SkippedRangesFromFieldEvent | SkippedRangesToFieldEvent> {
    return streamMessage(buf, Skipped.codec(), opts)
  }
}

export interface Held {
  waitMs: number
}

export namespace Held {
  let _codec: Codec<Held>

  export const codec = (): Codec<Held> => {
    if (_codec == null) {
      _codec = message<Held>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.waitMs != null && obj.waitMs !== 0)) {
          w.uint32(8)
          w.uint32(obj.waitMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          waitMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.waitMs = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.waitMs`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface HeldWaitMsFieldEvent {
    field: '$.waitMs'
    value: number
  }

  export function encode (obj: Partial<Held>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Held.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Held>): Held {
    return decodeMessage(buf, Held.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Held>): Generator<HeldWaitMsFieldEvent> {
    return streamMessage(buf, Held.codec(), opts)
  }
}

export interface Status {
  status: number
  message: string
  peerId: string
  retryAfterMs?: number
}

export namespace Status {
  let _codec: Codec<Status>

  export const codec = (): Codec<Status> => {
    if (_codec == null) {
      _codec = message<Status>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.status != null && obj.status !== 0)) {
          w.uint32(8)
          w.uint32(obj.status)
        }

        if ((obj.message != null && obj.message !== '')) {
          w.uint32(18)
          w.string(obj.message)
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(26)
          w.string(obj.peerId)
        }

        if (obj.retryAfterMs != null) {
          w.uint32(32)
          w.uint64Number(obj.retryAfterMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          status: 0,
          message: '',
          peerId: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.status = reader.uint32()
              break
            }
            case 2: {
              obj.message = reader.string()
              break
            }
            case 3: {
              obj.peerId = reader.string()
              break
            }
            case 4: {
              obj.retryAfterMs = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.status`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.message`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.peerId`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.retryAfterMs`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface StatusStatusFieldEvent {
    field: '$.status'
    value: number
  }

  export interface StatusMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export interface StatusPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface StatusRetryAfterMsFieldEvent {
    field: '$.retryAfterMs'
    value: number
  }

  export function encode (obj: Partial<Status>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Status.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Status>): Status {
    return decodeMessage(buf, Status.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Status>): Generator<StatusStatusFieldEvent | StatusMessageFieldEvent | StatusPeerIdFieldEvent | StatusRetryAfterMsFieldEvent> {
    return streamMessage(buf, Status.codec(), opts)
  }
}
