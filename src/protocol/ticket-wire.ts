import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Ticket {
  rootHash: Uint8Array<ArrayBuffer>
  sizeBytes: number
  segmentBytes: number
  name: string
  holders: TicketPeer[]
  relays: TicketPeer[]
  directors: Uint8Array<ArrayBuffer>[]
}

export namespace Ticket {
  let _codec: Codec<Ticket>

  export const codec = (): Codec<Ticket> => {
    if (_codec == null) {
      _codec = message<Ticket>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.rootHash != null && obj.rootHash.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.rootHash)
        }

        if ((obj.sizeBytes != null && obj.sizeBytes !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.sizeBytes)
        }

        if ((obj.segmentBytes != null && obj.segmentBytes !== 0)) {
          w.uint32(24)
          w.uint32(obj.segmentBytes)
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(34)
          w.string(obj.name)
        }

        if (obj.holders != null && obj.holders.length > 0) {
          for (const value of obj.holders) {
            w.uint32(42)
            TicketPeer.codec().encode(value, w)
          }
        }

        if (obj.relays != null && obj.relays.length > 0) {
          for (const value of obj.relays) {
            w.uint32(50)
            TicketPeer.codec().encode(value, w)
          }
        }

        if (obj.directors != null && obj.directors.length > 0) {
          for (const value of obj.directors) {
            w.uint32(58)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          rootHash: uint8ArrayAlloc(0),
          sizeBytes: 0,
          segmentBytes: 0,
          name: '',
          holders: [],
          relays: [],
          directors: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.rootHash = reader.bytes()
              break
            }
            case 2: {
              obj.sizeBytes = reader.uint64Number()
              break
            }
            case 3: {
              obj.segmentBytes = reader.uint32()
              break
            }
            case 4: {
              obj.name = reader.string()
              break
            }
            case 5: {
              if (opts.limits?.holders != null && obj.holders.length === opts.limits.holders) {
                throw new MaxLengthError('Decode error - repeated field "holders" had too many elements')
              }

              obj.holders.push(TicketPeer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.holders$
              }))
              break
            }
            case 6: {
              if (opts.limits?.relays != null && obj.relays.length === opts.limits.relays) {
                throw new MaxLengthError('Decode error - repeated field "relays" had too many elements')
              }

              obj.relays.push(TicketPeer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.relays$
              }))
              break
            }
            case 7: {
              if (opts.limits?.directors != null && obj.directors.length === opts.limits.directors) {
                throw new MaxLengthError('Decode error - repeated field "directors" had too many elements')
              }

              obj.directors.push(reader.bytes())
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
          holders: 0,
          relays: 0,
          directors: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.rootHash`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.sizeBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.segmentBytes`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 5: {
              if (opts.limits?.holders != null && obj.holders === opts.limits.holders) {
                throw new MaxLengthError('Streaming decode error - repeated field "holders" had too many elements')
              }

              for (const evt of TicketPeer.codec().stream(reader, reader.uint32(), `${prefix}.holders[]`, {
                limits: opts.limits?.holders$
              })) {
                yield {
                  ...evt,
                  index: obj.holders
                }
              }

              obj.holders++

              break
            }
            case 6: {
              if (opts.limits?.relays != null && obj.relays === opts.limits.relays) {
                throw new MaxLengthError('Streaming decode error - repeated field "relays" had too many elements')
              }

              for (const evt of TicketPeer.codec().stream(reader, reader.uint32(), `${prefix}.relays[]`, {
                limits: opts.limits?.relays$
              })) {
                yield {
                  ...evt,
                  index: obj.relays
                }
              }

              obj.relays++

              break
            }
            case 7: {
              if (opts.limits?.directors != null && obj.directors === opts.limits.directors) {
                throw new MaxLengthError('Streaming decode error - repeated field "directors" had too many elements')
              }

              yield {
                field: `${prefix}.directors[]`,
                index: obj.directors,
                value: reader.bytes()
              }

              obj.directors++

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

  export interface TicketRootHashFieldEvent {
    field: '$.rootHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface TicketSizeBytesFieldEvent {
    field: '$.sizeBytes'
    value: number
  }

  export interface TicketSegmentBytesFieldEvent {
    field: '$.segmentBytes'
    value: number
  }

  export interface TicketNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface TicketHoldersPeerIdFieldEvent {
    field: '$.holders[].peerId'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface TicketHoldersAddressesFieldEvent {
    field: '$.holders[].addresses[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface TicketRelaysPeerIdFieldEvent {
    field: '$.relays[].peerId'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface TicketRelaysAddressesFieldEvent {
    field: '$.relays[].addresses[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface TicketDirectorsFieldEvent {
    field: '$.directors[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Ticket>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Ticket.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ticket>): Ticket {
    return decodeMessage(buf, Ticket.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ticket>): Generator<TicketRootHashFieldEvent | TicketSizeBytesFieldEvent | TicketSegmentBytesFieldEvent | TicketNameFieldEvent | TicketHoldersPeerIdFieldEvent | TicketHoldersAddressesFieldEvent | TicketRelaysPeerIdFieldEvent | TicketRelaysAddressesFieldEvent | TicketDirectorsFieldEvent> {
    return streamMessage(buf, Ticket.codec(), opts)
  }
}

export interface TicketPeer {
  peerId: Uint8Array<ArrayBuffer>
  addresses: Uint8Array<ArrayBuffer>[]
}

export namespace TicketPeer {
  let _codec: Codec<TicketPeer>

  export const codec = (): Codec<TicketPeer> => {
    if (_codec == null) {
      _codec = message<TicketPeer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peerId != null && obj.peerId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.peerId)
        }

        if (obj.addresses != null && obj.addresses.length > 0) {
          for (const value of obj.addresses) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: uint8ArrayAlloc(0),
          addresses: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.peerId = reader.bytes()
              break
            }
            case 2: {
              if (opts.limits?.addresses != null && obj.addresses.length === opts.limits.addresses) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              obj.addresses.push(reader.bytes())
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
                value: reader.bytes()
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
                value: reader.bytes()
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

  export interface TicketPeerPeerIdFieldEvent {
    field: '$.peerId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface TicketPeerAddressesFieldEvent {
    field: '$.addresses[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<TicketPeer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, TicketPeer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TicketPeer>): TicketPeer {
    return decodeMessage(buf, TicketPeer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TicketPeer>): Generator<TicketPeerPeerIdFieldEvent | TicketPeerAddressesFieldEvent> {
    return streamMessage(buf, TicketPeer.codec(), opts)
  }
}

export interface OfferAnswer {
  status: number
  message: string
}

export namespace OfferAnswer {
  let _codec: Codec<OfferAnswer>

  export const codec = (): Codec<OfferAnswer> => {
    if (_codec == null) {
      _codec = message<OfferAnswer>((obj, w, opts = {}) => {
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

  export interface OfferAnswerStatusFieldEvent {
    field: '$.status'
    value: number
  }

  export interface OfferAnswerMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export function encode (obj: Partial<OfferAnswer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, OfferAnswer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OfferAnswer>): OfferAnswer {
    return decodeMessage(buf, OfferAnswer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OfferAnswer>): Generator<OfferAnswerStatusFieldEvent | OfferAnswerMessageFieldEvent> {
    return streamMessage(buf, OfferAnswer.codec(), opts)
  }
}
