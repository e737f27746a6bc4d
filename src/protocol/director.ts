/* eslint-disable require-yield */

import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Register {
  role: string
  addresses: string[]
  capacityBytesPerSecond?: number
  labels: string[]
  restricted: boolean
  neighborsGiven: boolean
  neighbors: string[]
  capabilities: string[]
  token: string
  routeProtocol: string
}

export namespace Register {
  let _codec: Codec<Register>

  export const codec = (): Codec<Register> => {
    if (_codec == null) {
      _codec = message<Register>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.role != null && obj.role !== '')) {
          w.uint32(10)
          w.string(obj.role)
        }

        if (obj.addresses != null && obj.addresses.length > 0) {
          for (const value of obj.addresses) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (obj.capacityBytesPerSecond != null) {
          w.uint32(24)
          w.uint64Number(obj.capacityBytesPerSecond)
        }

        if (obj.labels != null && obj.labels.length > 0) {
          for (const value of obj.labels) {
            w.uint32(34)
            w.string(value)
          }
        }

        if ((obj.restricted != null && obj.restricted !== false)) {
          w.uint32(40)
          w.bool(obj.restricted)
        }

        if ((obj.neighborsGiven != null && obj.neighborsGiven !== false)) {
          w.uint32(48)
          w.bool(obj.neighborsGiven)
        }

        if (obj.neighbors != null && obj.neighbors.length > 0) {
          for (const value of obj.neighbors) {
            w.uint32(58)
            w.string(value)
          }
        }

        if (obj.capabilities != null && obj.capabilities.length > 0) {
          for (const value of obj.capabilities) {
            w.uint32(66)
            w.string(value)
          }
        }

        if ((obj.token != null && obj.token !== '')) {
          w.uint32(74)
          w.string(obj.token)
        }

        if ((obj.routeProtocol != null && obj.routeProtocol !== '')) {
          w.uint32(82)
          w.string(obj.routeProtocol)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          role: '',
          addresses: [],
          labels: [],
          restricted: false,
          neighborsGiven: false,
          neighbors: [],
          capabilities: [],
          token: '',
          routeProtocol: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.role = reader.string()
              break
            }
            case 2: {
              if (opts.limits?.addresses != null && obj.addresses.length === opts.limits.addresses) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              obj.addresses.push(reader.string())
              break
            }
            case 3: {
              obj.capacityBytesPerSecond = reader.uint64Number()
              break
            }
            case 4: {
              if (opts.limits?.labels != null && obj.labels.length === opts.limits.labels) {
                throw new MaxLengthError('Decode error - repeated field "labels" had too many elements')
              }

              obj.labels.push(reader.string())
              break
            }
            case 5: {
              obj.restricted = reader.bool()
              break
            }
            case 6: {
              obj.neighborsGiven = reader.bool()
              break
            }
            case 7: {
              if (opts.limits?.neighbors != null && obj.neighbors.length === opts.limits.neighbors) {
                throw new MaxLengthError('Decode error - repeated field "neighbors" had too many elements')
              }

              obj.neighbors.push(reader.string())
              break
            }
            case 8: {
              if (opts.limits?.capabilities != null && obj.capabilities.length === opts.limits.capabilities) {
                throw new MaxLengthError('Decode error - repeated field "capabilities" had too many elements')
              }

              obj.capabilities.push(reader.string())
              break
            }
            case 9: {
              obj.token = reader.string()
              break
            }
            case 10: {
              obj.routeProtocol = reader.string()
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
          addresses: 0,
          labels: 0,
          neighbors: 0,
          capabilities: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.role`,
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
            case 3: {
              yield {
                field: `${prefix}.capacityBytesPerSecond`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              if (opts.limits?.labels != null && obj.labels === opts.limits.labels) {
                throw new MaxLengthError('Streaming decode error - repeated field "labels" had too many elements')
              }

              yield {
                field: `${prefix}.labels[]`,
                index: obj.labels,
                value: reader.string()
              }

              obj.labels++

              break
            }
            case 5: {
              yield {
                field: `${prefix}.restricted`,
                value: reader.bool()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.neighborsGiven`,
                value: reader.bool()
              }
              break
            }
            case 7: {
              if (opts.limits?.neighbors != null && obj.neighbors === opts.limits.neighbors) {
                throw new MaxLengthError('Streaming decode error - repeated field "neighbors" had too many elements')
              }

              yield {
                field: `${prefix}.neighbors[]`,
                index: obj.neighbors,
                value: reader.string()
              }

              obj.neighbors++

              break
            }
            case 8: {
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
            case 9: {
              yield {
                field: `${prefix}.token`,
                value: reader.string()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.routeProtocol`,
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

  export interface RegisterRoleFieldEvent {
    field: '$.role'
    value: string
  }

  export interface RegisterAddressesFieldEvent {
    field: '$.addresses[]'
    index: number
    value: string
  }

  export interface RegisterCapacityBytesPerSecondFieldEvent {
    field: '$.capacityBytesPerSecond'
    value: number
  }

  export interface RegisterLabelsFieldEvent {
    field: '$.labels[]'
    index: number
    value: string
  }

  export interface RegisterRestrictedFieldEvent {
    field: '$.restricted'
    value: boolean
  }

  export interface RegisterNeighborsGivenFieldEvent {
    field: '$.neighborsGiven'
    value: boolean
  }

  export interface RegisterNeighborsFieldEvent {
    field: '$.neighbors[]'
    index: number
    value: string
  }

  export interface RegisterCapabilitiesFieldEvent {
    field: '$.capabilities[]'
    index: number
    value: string
  }

  export interface RegisterTokenFieldEvent {
    field: '$.token'
    value: string
  }

  export interface RegisterRouteProtocolFieldEvent {
    field: '$.routeProtocol'
    value: string
  }

  export function encode (obj: Partial<Register>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Register.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Register>): Register {
    return decodeMessage(buf, Register.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Register>): Generator<RegisterRoleFieldEvent | RegisterAddressesFieldEvent | RegisterCapacityBytesPerSecondFieldEvent | RegisterLabelsFieldEvent | RegisterRestrictedFieldEvent | RegisterNeighborsGivenFieldEvent | RegisterNeighborsFieldEvent | RegisterCapabilitiesFieldEvent | RegisterTokenFieldEvent | RegisterRouteProtocolFieldEvent> {
    return streamMessage(buf, Register.codec(), opts)
  }
}

export interface Renew {
  draining: boolean
  load: number
  indexing: boolean
}

export namespace Renew {
  let _codec: Codec<Renew>

  export const codec = (): Codec<Renew> => {
    if (_codec == null) {
      _codec = message<Renew>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.draining != null && obj.draining !== false)) {
          w.uint32(8)
          w.bool(obj.draining)
        }

        if ((obj.load != null && obj.load !== 0)) {
          w.uint32(17)
          w.double(obj.load)
        }

        if ((obj.indexing != null && obj.indexing !== false)) {
          w.uint32(24)
          w.bool(obj.indexing)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          draining: false,
          load: 0,
          indexing: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.draining = reader.bool()
              break
            }
            case 2: {
              obj.load = reader.double()
              break
            }
            case 3: {
              obj.indexing = reader.bool()
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
                field: `${prefix}.draining`,
                value: reader.bool()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.load`,
                value: reader.double()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.indexing`,
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

  export interface RenewDrainingFieldEvent {
    field: '$.draining'
    value: boolean
  }

  export interface RenewLoadFieldEvent {
    field: '$.load'
    value: number
  }

  export interface RenewIndexingFieldEvent {
    field: '$.indexing'
    value: boolean
  }

  export function encode (obj: Partial<Renew>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Renew.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Renew>): Renew {
    return decodeMessage(buf, Renew.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Renew>): Generator<RenewDrainingFieldEvent | RenewLoadFieldEvent | RenewIndexingFieldEvent> {
    return streamMessage(buf, Renew.codec(), opts)
  }
}

export interface Leave {}

export namespace Leave {
  let _codec: Codec<Leave>

  export const codec = (): Codec<Leave> => {
    if (_codec == null) {
      _codec = message<Leave>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
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

  export function encode (obj: Partial<Leave>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Leave.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Leave>): Leave {
    return decodeMessage(buf, Leave.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Leave>): Generator<{}> {
    return streamMessage(buf, Leave.codec(), opts)
  }
}

export interface CatalogItem {
  name: string
  rootHash: Uint8Array<ArrayBuffer>
  record: Uint8Array<ArrayBuffer>
}

export namespace CatalogItem {
  let _codec: Codec<CatalogItem>

  export const codec = (): Codec<CatalogItem> => {
    if (_codec == null) {
      _codec = message<CatalogItem>((obj, w, opts = {}) => {
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

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.record)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          name: '',
          rootHash: uint8ArrayAlloc(0),
          record: uint8ArrayAlloc(0)
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
              obj.record = reader.bytes()
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
                field: `${prefix}.record`,
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

  export interface CatalogItemNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface CatalogItemRootHashFieldEvent {
    field: '$.rootHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface CatalogItemRecordFieldEvent {
    field: '$.record'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<CatalogItem>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, CatalogItem.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CatalogItem>): CatalogItem {
    return decodeMessage(buf, CatalogItem.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CatalogItem>): Generator<CatalogItemNameFieldEvent | CatalogItemRootHashFieldEvent | CatalogItemRecordFieldEvent> {
    return streamMessage(buf, CatalogItem.codec(), opts)
  }
}

export interface CatalogDelta {
  put: CatalogItem[]
  remove: string[]
  complete: boolean
}

export namespace CatalogDelta {
  let _codec: Codec<CatalogDelta>

  export const codec = (): Codec<CatalogDelta> => {
    if (_codec == null) {
      _codec = message<CatalogDelta>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.put != null && obj.put.length > 0) {
          for (const value of obj.put) {
            w.uint32(10)
            CatalogItem.codec().encode(value, w)
          }
        }

        if (obj.remove != null && obj.remove.length > 0) {
          for (const value of obj.remove) {
            w.uint32(18)
            w.string(value)
          }
        }

        if ((obj.complete != null && obj.complete !== false)) {
          w.uint32(24)
          w.bool(obj.complete)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          put: [],
          remove: [],
          complete: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.put != null && obj.put.length === opts.limits.put) {
                throw new MaxLengthError('Decode error - repeated field "put" had too many elements')
              }

              obj.put.push(CatalogItem.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.put$
              }))
              break
            }
            case 2: {
              if (opts.limits?.remove != null && obj.remove.length === opts.limits.remove) {
                throw new MaxLengthError('Decode error - repeated field "remove" had too many elements')
              }

              obj.remove.push(reader.string())
              break
            }
            case 3: {
              obj.complete = reader.bool()
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
          put: 0,
          remove: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.put != null && obj.put === opts.limits.put) {
                throw new MaxLengthError('Streaming decode error - repeated field "put" had too many elements')
              }

              for (const evt of CatalogItem.codec().stream(reader, reader.uint32(), `${prefix}.put[]`, {
                limits: opts.limits?.put$
              })) {
                yield {
                  ...evt,
                  index: obj.put
                }
              }

              obj.put++

              break
            }
            case 2: {
              if (opts.limits?.remove != null && obj.remove === opts.limits.remove) {
                throw new MaxLengthError('Streaming decode error - repeated field "remove" had too many elements')
              }

              yield {
                field: `${prefix}.remove[]`,
                index: obj.remove,
                value: reader.string()
              }

              obj.remove++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.complete`,
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

  export interface CatalogDeltaPutNameFieldEvent {
    field: '$.put[].name'
    value: string
    index: number
  }

  export interface CatalogDeltaPutRootHashFieldEvent {
    field: '$.put[].rootHash'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface CatalogDeltaPutRecordFieldEvent {
    field: '$.put[].record'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface CatalogDeltaRemoveFieldEvent {
    field: '$.remove[]'
    index: number
    value: string
  }

  export interface CatalogDeltaCompleteFieldEvent {
    field: '$.complete'
    value: boolean
  }

  export function encode (obj: Partial<CatalogDelta>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, CatalogDelta.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CatalogDelta>): CatalogDelta {
    return decodeMessage(buf, CatalogDelta.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CatalogDelta>): Generator<CatalogDeltaPutNameFieldEvent | CatalogDeltaPutRootHashFieldEvent | CatalogDeltaPutRecordFieldEvent | CatalogDeltaRemoveFieldEvent | CatalogDeltaCompleteFieldEvent> {
    return streamMessage(buf, CatalogDelta.codec(), opts)
  }
}

export interface MeasuredPeer {
  peerId: string
  rttMs?: number
}

export namespace MeasuredPeer {
  let _codec: Codec<MeasuredPeer>

  export const codec = (): Codec<MeasuredPeer> => {
    if (_codec == null) {
      _codec = message<MeasuredPeer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(10)
          w.string(obj.peerId)
        }

        if (obj.rttMs != null) {
          w.uint32(17)
          w.double(obj.rttMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: ''
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
              obj.rttMs = reader.double()
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
                field: `${prefix}.peerId`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.rttMs`,
                value: reader.double()
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

  export interface MeasuredPeerPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface MeasuredPeerRttMsFieldEvent {
    field: '$.rttMs'
    value: number
  }

  export function encode (obj: Partial<MeasuredPeer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, MeasuredPeer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<MeasuredPeer>): MeasuredPeer {
    return decodeMessage(buf, MeasuredPeer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<MeasuredPeer>): Generator<MeasuredPeerPeerIdFieldEvent | MeasuredPeerRttMsFieldEvent> {
    return streamMessage(buf, MeasuredPeer.codec(), opts)
  }
}

export interface Measurements {
  peers: MeasuredPeer[]
}

export namespace Measurements {
  let _codec: Codec<Measurements>

  export const codec = (): Codec<Measurements> => {
    if (_codec == null) {
      _codec = message<Measurements>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.peers != null && obj.peers.length > 0) {
          for (const value of obj.peers) {
            w.uint32(10)
            MeasuredPeer.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peers: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.peers != null && obj.peers.length === opts.limits.peers) {
                throw new MaxLengthError('Decode error - repeated field "peers" had too many elements')
              }

              obj.peers.push(MeasuredPeer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.peers$
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
          peers: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.peers != null && obj.peers === opts.limits.peers) {
                throw new MaxLengthError('Streaming decode error - repeated field "peers" had too many elements')
              }

              for (const evt of MeasuredPeer.codec().stream(reader, reader.uint32(), `${prefix}.peers[]`, {
                limits: opts.limits?.peers$
              })) {
                yield {
                  ...evt,
                  index: obj.peers
                }
              }

              obj.peers++

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

  export interface MeasurementsPeersPeerIdFieldEvent {
    field: '$.peers[].peerId'
    value: string
    index: number
  }

  export interface MeasurementsPeersRttMsFieldEvent {
    field: '$.peers[].rttMs'
    value: number
    index: number
  }

  export function encode (obj: Partial<Measurements>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Measurements.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Measurements>): Measurements {
    return decodeMessage(buf, Measurements.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Measurements>): Generator<MeasurementsPeersPeerIdFieldEvent | MeasurementsPeersRttMsFieldEvent> {
    return streamMessage(buf, Measurements.codec(), opts)
  }
}

export interface Path {
  relays: string[]
  source: string
}

export namespace Path {
  let _codec: Codec<Path>

  export const codec = (): Codec<Path> => {
    if (_codec == null) {
      _codec = message<Path>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.relays != null && obj.relays.length > 0) {
          for (const value of obj.relays) {
            w.uint32(10)
            w.string(value)
          }
        }

        if ((obj.source != null && obj.source !== '')) {
          w.uint32(18)
          w.string(obj.source)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          relays: [],
          source: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.relays != null && obj.relays.length === opts.limits.relays) {
                throw new MaxLengthError('Decode error - repeated field "relays" had too many elements')
              }

              obj.relays.push(reader.string())
              break
            }
            case 2: {
              obj.source = reader.string()
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
          relays: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.relays != null && obj.relays === opts.limits.relays) {
                throw new MaxLengthError('Streaming decode error - repeated field "relays" had too many elements')
              }

              yield {
                field: `${prefix}.relays[]`,
                index: obj.relays,
                value: reader.string()
              }

              obj.relays++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.source`,
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

  export interface PathRelaysFieldEvent {
    field: '$.relays[]'
    index: number
    value: string
  }

  export interface PathSourceFieldEvent {
    field: '$.source'
    value: string
  }

  export function encode (obj: Partial<Path>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Path.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Path>): Path {
    return decodeMessage(buf, Path.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Path>): Generator<PathRelaysFieldEvent | PathSourceFieldEvent> {
    return streamMessage(buf, Path.codec(), opts)
  }
}

export interface Query {
  name: string
  rootHash: Uint8Array<ArrayBuffer>
  routes: number
  neighborsGiven: boolean
  neighbors: MeasuredPeer[]
  held: Path[]
  watch: boolean
  source: string
  token: string
  sameNetwork: boolean
  routeProtocol: string
  direct: string
}

export namespace Query {
  let _codec: Codec<Query>

  export const codec = (): Codec<Query> => {
    if (_codec == null) {
      _codec = message<Query>((obj, w, opts = {}) => {
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

        if ((obj.routes != null && obj.routes !== 0)) {
          w.uint32(24)
          w.uint32(obj.routes)
        }

        if ((obj.neighborsGiven != null && obj.neighborsGiven !== false)) {
          w.uint32(32)
          w.bool(obj.neighborsGiven)
        }

        if (obj.neighbors != null && obj.neighbors.length > 0) {
          for (const value of obj.neighbors) {
            w.uint32(42)
            MeasuredPeer.codec().encode(value, w)
          }
        }

        if (obj.held != null && obj.held.length > 0) {
          for (const value of obj.held) {
            w.uint32(50)
            Path.codec().encode(value, w)
          }
        }

        if ((obj.watch != null && obj.watch !== false)) {
          w.uint32(56)
          w.bool(obj.watch)
        }

        if ((obj.source != null && obj.source !== '')) {
          w.uint32(66)
          w.string(obj.source)
        }

        if ((obj.token != null && obj.token !== '')) {
          w.uint32(74)
          w.string(obj.token)
        }

        if ((obj.sameNetwork != null && obj.sameNetwork !== false)) {
          w.uint32(80)
          w.bool(obj.sameNetwork)
        }

        if ((obj.routeProtocol != null && obj.routeProtocol !== '')) {
          w.uint32(90)
          w.string(obj.routeProtocol)
        }

        if ((obj.direct != null && obj.direct !== '')) {
          w.uint32(122)
          w.string(obj.direct)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          name: '',
          rootHash: uint8ArrayAlloc(0),
          routes: 0,
          neighborsGiven: false,
          neighbors: [],
          held: [],
          watch: false,
          source: '',
          token: '',
          sameNetwork: false,
          routeProtocol: '',
          direct: ''
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
              obj.routes = reader.uint32()
              break
            }
            case 4: {
              obj.neighborsGiven = reader.bool()
              break
            }
            case 5: {
              if (opts.limits?.neighbors != null && obj.neighbors.length === opts.limits.neighbors) {
                throw new MaxLengthError('Decode error - repeated field "neighbors" had too many elements')
              }

              obj.neighbors.push(MeasuredPeer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.neighbors$
              }))
              break
            }
            case 6: {
              if (opts.limits?.held != null && obj.held.length === opts.limits.held) {
                throw new MaxLengthError('Decode error - repeated field "held" had too many elements')
              }

              obj.held.push(Path.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.held$
              }))
              break
            }
            case 7: {
              obj.watch = reader.bool()
              break
            }
            case 8: {
              obj.source = reader.string()
              break
            }
            case 9: {
              obj.token = reader.string()
              break
            }
            case 10: {
              obj.sameNetwork = reader.bool()
              break
            }
            case 11: {
              obj.routeProtocol = reader.string()
              break
            }
            case 15: {
              obj.direct = reader.string()
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
          neighbors: 0,
          held: 0
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
                field: `${prefix}.routes`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.neighborsGiven`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              if (opts.limits?.neighbors != null && obj.neighbors === opts.limits.neighbors) {
                throw new MaxLengthError('Streaming decode error - repeated field "neighbors" had too many elements')
              }

              for (const evt of MeasuredPeer.codec().stream(reader, reader.uint32(), `${prefix}.neighbors[]`, {
                limits: opts.limits?.neighbors$
              })) {
                yield {
                  ...evt,
                  index: obj.neighbors
                }
              }

              obj.neighbors++

              break
            }
            case 6: {
              if (opts.limits?.held != null && obj.held === opts.limits.held) {
                throw new MaxLengthError('Streaming decode error - repeated field "held" had too many elements')
              }

              for (const evt of Path.codec().stream(reader, reader.uint32(), `${prefix}.held[]`, {
                limits: opts.limits?.held$
              })) {
                yield {
                  ...evt,
                  index: obj.held
                }
              }

              obj.held++

              break
            }
            case 7: {
              yield {
                field: `${prefix}.watch`,
                value: reader.bool()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.source`,
                value: reader.string()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.token`,
                value: reader.string()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.sameNetwork`,
                value: reader.bool()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.routeProtocol`,
                value: reader.string()
              }
              break
            }
            case 15: {
              yield {
                field: `${prefix}.direct`,
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

  export interface QueryNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface QueryRootHashFieldEvent {
    field: '$.rootHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface QueryRoutesFieldEvent {
    field: '$.routes'
    value: number
  }

  export interface QueryNeighborsGivenFieldEvent {
    field: '$.neighborsGiven'
    value: boolean
  }

  export interface QueryNeighborsPeerIdFieldEvent {
    field: '$.neighbors[].peerId'
    value: string
    index: number
  }

  export interface QueryNeighborsRttMsFieldEvent {
    field: '$.neighbors[].rttMs'
    value: number
    index: number
  }

  export interface QueryHeldRelaysFieldEvent {
    field: '$.held[].relays[]'
    index: number
    value: string
  }

  export interface QueryHeldSourceFieldEvent {
    field: '$.held[].source'
    value: string
    index: number
  }

  export interface QueryWatchFieldEvent {
    field: '$.watch'
    value: boolean
  }

  export interface QuerySourceFieldEvent {
    field: '$.source'
    value: string
  }

  export interface QueryTokenFieldEvent {
    field: '$.token'
    value: string
  }

  export interface QuerySameNetworkFieldEvent {
    field: '$.sameNetwork'
    value: boolean
  }

  export interface QueryRouteProtocolFieldEvent {
    field: '$.routeProtocol'
    value: string
  }

  export interface QueryDirectFieldEvent {
    field: '$.direct'
    value: string
  }

  export function encode (obj: Partial<Query>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Query.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Query>): Query {
    return decodeMessage(buf, Query.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Query>): Generator<QueryNameFieldEvent | QueryRootHashFieldEvent | QueryRoutesFieldEvent | QueryNeighborsGivenFieldEvent | QueryNeighborsPeerIdFieldEvent | QueryNeighborsRttMsFieldEvent | QueryHeldRelaysFieldEvent | QueryHeldSourceFieldEvent | QueryWatchFieldEvent | QuerySourceFieldEvent | QueryTokenFieldEvent | QuerySameNetworkFieldEvent | QueryRouteProtocolFieldEvent | QueryDirectFieldEvent> {
    return streamMessage(buf, Query.codec(), opts)
  }
}

export interface Complaint {
  relays: string[]
  fault: string
}

export namespace Complaint {
  let _codec: Codec<Complaint>

  export const codec = (): Codec<Complaint> => {
    if (_codec == null) {
      _codec = message<Complaint>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.relays != null && obj.relays.length > 0) {
          for (const value of obj.relays) {
            w.uint32(10)
            w.string(value)
          }
        }

        if ((obj.fault != null && obj.fault !== '')) {
          w.uint32(18)
          w.string(obj.fault)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          relays: [],
          fault: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.relays != null && obj.relays.length === opts.limits.relays) {
                throw new MaxLengthError('Decode error - repeated field "relays" had too many elements')
              }

              obj.relays.push(reader.string())
              break
            }
            case 2: {
              obj.fault = reader.string()
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
          relays: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.relays != null && obj.relays === opts.limits.relays) {
                throw new MaxLengthError('Streaming decode error - repeated field "relays" had too many elements')
              }

              yield {
                field: `${prefix}.relays[]`,
                index: obj.relays,
                value: reader.string()
              }

              obj.relays++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.fault`,
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

  export interface ComplaintRelaysFieldEvent {
    field: '$.relays[]'
    index: number
    value: string
  }

  export interface ComplaintFaultFieldEvent {
    field: '$.fault'
    value: string
  }

  export function encode (obj: Partial<Complaint>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Complaint.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Complaint>): Complaint {
    return decodeMessage(buf, Complaint.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Complaint>): Generator<ComplaintRelaysFieldEvent | ComplaintFaultFieldEvent> {
    return streamMessage(buf, Complaint.codec(), opts)
  }
}

export interface List {
  prefix: string
  source: string
  token: string
}

export namespace List {
  let _codec: Codec<List>

  export const codec = (): Codec<List> => {
    if (_codec == null) {
      _codec = message<List>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.prefix != null && obj.prefix !== '')) {
          w.uint32(10)
          w.string(obj.prefix)
        }

        if ((obj.source != null && obj.source !== '')) {
          w.uint32(18)
          w.string(obj.source)
        }

        if ((obj.token != null && obj.token !== '')) {
          w.uint32(26)
          w.string(obj.token)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          prefix: '',
          source: '',
          token: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.prefix = reader.string()
              break
            }
            case 2: {
              obj.source = reader.string()
              break
            }
            case 3: {
              obj.token = reader.string()
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
                field: `${prefix}.prefix`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.source`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.token`,
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

  export interface ListPrefixFieldEvent {
    field: '$.prefix'
    value: string
  }

  export interface ListSourceFieldEvent {
    field: '$.source'
    value: string
  }

  export interface ListTokenFieldEvent {
    field: '$.token'
    value: string
  }

  export function encode (obj: Partial<List>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, List.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<List>): List {
    return decodeMessage(buf, List.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<List>): Generator<ListPrefixFieldEvent | ListSourceFieldEvent | ListTokenFieldEvent> {
    return streamMessage(buf, List.codec(), opts)
  }
}

export interface DirectorRequest {
  register?: Register
  renew?: Renew
  catalog?: CatalogDelta
  measurements?: Measurements
  query?: Query
  leave?: Leave
  complaint?: Complaint
  list?: List
}

export namespace DirectorRequest {
  let _codec: Codec<DirectorRequest>

  export const codec = (): Codec<DirectorRequest> => {
    if (_codec == null) {
      _codec = message<DirectorRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.list != null) {
          obj.complaint = undefined
          obj.leave = undefined
          obj.query = undefined
          obj.measurements = undefined
          obj.catalog = undefined
          obj.renew = undefined
          obj.register = undefined
        }

        if (obj.complaint != null) {
          obj.list = undefined
          obj.leave = undefined
          obj.query = undefined
          obj.measurements = undefined
          obj.catalog = undefined
          obj.renew = undefined
          obj.register = undefined
        }

        if (obj.leave != null) {
          obj.list = undefined
          obj.complaint = undefined
          obj.query = undefined
          obj.measurements = undefined
          obj.catalog = undefined
          obj.renew = undefined
          obj.register = undefined
        }

        if (obj.query != null) {
          obj.list = undefined
          obj.complaint = undefined
          obj.leave = undefined
          obj.measurements = undefined
          obj.catalog = undefined
          obj.renew = undefined
          obj.register = undefined
        }

        if (obj.measurements != null) {
          obj.list = undefined
          obj.complaint = undefined
          obj.leave = undefined
          obj.query = undefined
          obj.catalog = undefined
          obj.renew = undefined
          obj.register = undefined
        }

        if (obj.catalog != null) {
          obj.list = undefined
          obj.complaint = undefined
          obj.leave = undefined
          obj.query = undefined
          obj.measurements = undefined
          obj.renew = undefined
          obj.register = undefined
        }

        if (obj.renew != null) {
          obj.list = undefined
          obj.complaint = undefined
          obj.leave = undefined
          obj.query = undefined
          obj.measurements = undefined
          obj.catalog = undefined
          obj.register = undefined
        }

        if (obj.register != null) {
          obj.list = undefined
          obj.complaint = undefined
          obj.leave = undefined
          obj.query = undefined
          obj.measurements = undefined
          obj.catalog = undefined
          obj.renew = undefined
        }

        if (obj.register != null) {
          w.uint32(10)
          Register.codec().encode(obj.register, w)
        }

        if (obj.renew != null) {
          w.uint32(18)
          Renew.codec().encode(obj.renew, w)
        }

        if (obj.catalog != null) {
          w.uint32(26)
          CatalogDelta.codec().encode(obj.catalog, w)
        }

        if (obj.measurements != null) {
          w.uint32(34)
          Measurements.codec().encode(obj.measurements, w)
        }

        if (obj.query != null) {
          w.uint32(42)
          Query.codec().encode(obj.query, w)
        }

        if (obj.leave != null) {
          w.uint32(50)
          Leave.codec().encode(obj.leave, w)
        }

        if (obj.complaint != null) {
          w.uint32(58)
          Complaint.codec().encode(obj.complaint, w)
        }

        if (obj.list != null) {
          w.uint32(66)
          List.codec().encode(obj.list, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.register = Register.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.register
              })
              break
            }
            case 2: {
              obj.renew = Renew.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.renew
              })
              break
            }
            case 3: {
              obj.catalog = CatalogDelta.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.catalog
              })
              break
            }
            case 4: {
              obj.measurements = Measurements.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.measurements
              })
              break
            }
            case 5: {
              obj.query = Query.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.query
              })
              break
            }
            case 6: {
              obj.leave = Leave.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.leave
              })
              break
            }
            case 7: {
              obj.complaint = Complaint.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.complaint
              })
              break
            }
            case 8: {
              obj.list = List.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.list
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.list != null) {
          delete obj.complaint
          delete obj.leave
          delete obj.query
          delete obj.measurements
          delete obj.catalog
          delete obj.renew
          delete obj.register
        }

        if (obj.complaint != null) {
          delete obj.list
          delete obj.leave
          delete obj.query
          delete obj.measurements
          delete obj.catalog
          delete obj.renew
          delete obj.register
        }

        if (obj.leave != null) {
          delete obj.list
          delete obj.complaint
          delete obj.query
          delete obj.measurements
          delete obj.catalog
          delete obj.renew
          delete obj.register
        }

        if (obj.query != null) {
          delete obj.list
          delete obj.complaint
          delete obj.leave
          delete obj.measurements
          delete obj.catalog
          delete obj.renew
          delete obj.register
        }

        if (obj.measurements != null) {
          delete obj.list
          delete obj.complaint
          delete obj.leave
          delete obj.query
          delete obj.catalog
          delete obj.renew
          delete obj.register
        }

        if (obj.catalog != null) {
          delete obj.list
          delete obj.complaint
          delete obj.leave
          delete obj.query
          delete obj.measurements
          delete obj.renew
          delete obj.register
        }

        if (obj.renew != null) {
          delete obj.list
          delete obj.complaint
          delete obj.leave
          delete obj.query
          delete obj.measurements
          delete obj.catalog
          delete obj.register
        }

        if (obj.register != null) {
          delete obj.list
          delete obj.complaint
          delete obj.leave
          delete obj.query
          delete obj.measurements
          delete obj.catalog
          delete obj.renew
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Register.codec().stream(reader, reader.uint32(), `${prefix}.register`, {
                limits: opts.limits?.register
              })

              break
            }
            case 2: {
              yield * Renew.codec().stream(reader, reader.uint32(), `${prefix}.renew`, {
                limits: opts.limits?.renew
              })

              break
            }
            case 3: {
              yield * CatalogDelta.codec().stream(reader, reader.uint32(), `${prefix}.catalog`, {
                limits: opts.limits?.catalog
              })

              break
            }
            case 4: {
              yield * Measurements.codec().stream(reader, reader.uint32(), `${prefix}.measurements`, {
                limits: opts.limits?.measurements
              })

              break
            }
            case 5: {
              yield * Query.codec().stream(reader, reader.uint32(), `${prefix}.query`, {
                limits: opts.limits?.query
              })

              break
            }
            case 6: {
              yield * Leave.codec().stream(reader, reader.uint32(), `${prefix}.leave`, {
                limits: opts.limits?.leave
              })

              break
            }
            case 7: {
              yield * Complaint.codec().stream(reader, reader.uint32(), `${prefix}.complaint`, {
                limits: opts.limits?.complaint
              })

              break
            }
            case 8: {
              yield * List.codec().stream(reader, reader.uint32(), `${prefix}.list`, {
                limits: opts.limits?.list
              })

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

  export interface DirectorRequestRegisterRoleFieldEvent {
    field: '$.register.role'
    value: string
  }

  export interface DirectorRequestRegisterAddressesFieldEvent {
    field: '$.register.addresses[]'
    index: number
    value: string
  }

  export interface DirectorRequestRegisterCapacityBytesPerSecondFieldEvent {
    field: '$.register.capacityBytesPerSecond'
    value: number
  }

  export interface DirectorRequestRegisterLabelsFieldEvent {
    field: '$.register.labels[]'
    index: number
    value: string
  }

  export interface DirectorRequestRegisterRestrictedFieldEvent {
    field: '$.register.restricted'
    value: boolean
  }

  export interface DirectorRequestRegisterNeighborsGivenFieldEvent {
    field: '$.register.neighborsGiven'
    value: boolean
  }

  export interface DirectorRequestRegisterNeighborsFieldEvent {
    field: '$.register.neighbors[]'
    index: number
    value: string
  }

  export interface DirectorRequestRegisterCapabilitiesFieldEvent {
    field: '$.register.capabilities[]'
    index: number
    value: string
  }

  export interface DirectorRequestRegisterTokenFieldEvent {
    field: '$.register.token'
    value: string
  }

  export interface DirectorRequestRegisterRouteProtocolFieldEvent {
    field: '$.register.routeProtocol'
    value: string
  }

  export interface DirectorRequestRenewDrainingFieldEvent {
    field: '$.renew.draining'
    value: boolean
  }

  export interface DirectorRequestRenewLoadFieldEvent {
    field: '$.renew.load'
    value: number
  }

  export interface DirectorRequestRenewIndexingFieldEvent {
    field: '$.renew.indexing'
    value: boolean
  }

  export interface DirectorRequestCatalogPutNameFieldEvent {
    field: '$.catalog.put[].name'
    value: string
    index: number
  }

  export interface DirectorRequestCatalogPutRootHashFieldEvent {
    field: '$.catalog.put[].rootHash'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface DirectorRequestCatalogPutRecordFieldEvent {
    field: '$.catalog.put[].record'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface DirectorRequestCatalogRemoveFieldEvent {
    field: '$.catalog.remove[]'
    index: number
    value: string
  }

  export interface DirectorRequestCatalogCompleteFieldEvent {
    field: '$.catalog.complete'
    value: boolean
  }

  export interface DirectorRequestMeasurementsPeersPeerIdFieldEvent {
    field: '$.measurements.peers[].peerId'
    value: string
    index: number
  }

  export interface DirectorRequestMeasurementsPeersRttMsFieldEvent {
    field: '$.measurements.peers[].rttMs'
    value: number
    index: number
  }

  export interface DirectorRequestQueryNameFieldEvent {
    field: '$.query.name'
    value: string
  }

  export interface DirectorRequestQueryRootHashFieldEvent {
    field: '$.query.rootHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DirectorRequestQueryRoutesFieldEvent {
    field: '$.query.routes'
    value: number
  }

  export interface DirectorRequestQueryNeighborsGivenFieldEvent {
    field: '$.query.neighborsGiven'
    value: boolean
  }

  export interface DirectorRequestQueryNeighborsPeerIdFieldEvent {
    field: '$.query.neighbors[].peerId'
    value: string
    index: number
  }

  export interface DirectorRequestQueryNeighborsRttMsFieldEvent {
    field: '$.query.neighbors[].rttMs'
    value: number
    index: number
  }

  export interface DirectorRequestQueryHeldRelaysFieldEvent {
    field: '$.query.held[].relays[]'
    index: number
    value: string
  }

  export interface DirectorRequestQueryHeldSourceFieldEvent {
    field: '$.query.held[].source'
    value: string
    index: number
  }

  export interface DirectorRequestQueryWatchFieldEvent {
    field: '$.query.watch'
    value: boolean
  }

  export interface DirectorRequestQuerySourceFieldEvent {
    field: '$.query.source'
    value: string
  }

  export interface DirectorRequestQueryTokenFieldEvent {
    field: '$.query.token'
    value: string
  }

  export interface DirectorRequestQuerySameNetworkFieldEvent {
    field: '$.query.sameNetwork'
    value: boolean
  }

  export interface DirectorRequestQueryRouteProtocolFieldEvent {
    field: '$.query.routeProtocol'
    value: string
  }

  export interface DirectorRequestQueryDirectFieldEvent {
    field: '$.query.direct'
    value: string
  }

  export interface DirectorRequestComplaintRelaysFieldEvent {
    field: '$.complaint.relays[]'
    index: number
    value: string
  }

  export interface DirectorRequestComplaintFaultFieldEvent {
    field: '$.complaint.fault'
    value: string
  }

  export interface DirectorRequestListPrefixFieldEvent {
    field: '$.list.prefix'
    value: string
  }

  export interface DirectorRequestListSourceFieldEvent {
    field: '$.list.source'
    value: string
  }

  export interface DirectorRequestListTokenFieldEvent {
    field: '$.list.token'
    value: string
  }

  export function encode (obj: Partial<DirectorRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, DirectorRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectorRequest>): DirectorRequest {
    return decodeMessage(buf, DirectorRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectorRequest>): Generator<DirectorRequestRegisterRoleFieldEvent | DirectorRequestRegisterAddressesFieldEvent | DirectorRequestRegisterCapacityBytesPerSecondFieldEvent | DirectorRequestRegisterLabelsFieldEvent | DirectorRequestRegisterRestrictedFieldEvent | DirectorRequestRegisterNeighborsGivenFieldEvent | DirectorRequestRegisterNeighborsFieldEvent | DirectorRequestRegisterCapabilitiesFieldEvent | DirectorRequestRegisterTokenFieldEvent | DirectorRequestRegisterRouteProtocolFieldEvent | DirectorRequestRenewDrainingFieldEvent | DirectorRequestRenewLoadFieldEvent | DirectorRequestRenewIndexingFieldEvent | DirectorRequestCatalogPutNameFieldEvent | DirectorRequestCatalogPutRootHashFieldEvent | DirectorRequestCatalogPutRecordFieldEvent | DirectorRequestCatalogRemoveFieldEvent | DirectorRequestCatalogCompleteFieldEvent | DirectorRequestMeasurementsPeersPeerIdFieldEvent | DirectorRequestMeasurementsPeersRttMsFieldEvent | DirectorRequestQueryNameFieldEvent | DirectorRequestQueryRootHashFieldEvent | DirectorRequestQueryRoutesFieldEvent | DirectorRequestQueryNeighborsGivenFieldEvent | DirectorRequestQueryNeighborsPeerIdFieldEvent | DirectorRequestQueryNeighborsRttMsFieldEvent | DirectorRequestQueryHeldRelaysFieldEvent | DirectorRequestQueryHeldSourceFieldEvent | DirectorRequestQueryWatchFieldEvent | DirectorRequestQuerySourceFieldEvent | DirectorRequestQueryTokenFieldEvent | DirectorRequestQuerySameNetworkFieldEvent | DirectorRequestQueryRouteProtocolFieldEvent | DirectorRequestQueryDirectFieldEvent | DirectorRequestComplaintRelaysFieldEvent | DirectorRequestComplaintFaultFieldEvent | DirectorRequestListPrefixFieldEvent | DirectorRequestListSourceFieldEvent | DirectorRequestListTokenFieldEvent> {
    return streamMessage(buf, DirectorRequest.codec(), opts)
  }
}

export interface Peer {
  peerId: string
  addresses: string[]
}

export namespace Peer {
  let _codec: Codec<Peer>

  export const codec = (): Codec<Peer> => {
    if (_codec == null) {
      _codec = message<Peer>((obj, w, opts = {}) => {
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

  export interface PeerPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface PeerAddressesFieldEvent {
    field: '$.addresses[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<Peer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Peer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Peer>): Peer {
    return decodeMessage(buf, Peer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Peer>): Generator<PeerPeerIdFieldEvent | PeerAddressesFieldEvent> {
    return streamMessage(buf, Peer.codec(), opts)
  }
}

export interface Registered {
  leaseMs: number
  capabilities: string[]
  observed?: string
  timeMs?: number
}

export namespace Registered {
  let _codec: Codec<Registered>

  export const codec = (): Codec<Registered> => {
    if (_codec == null) {
      _codec = message<Registered>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.leaseMs != null && obj.leaseMs !== 0)) {
          w.uint32(8)
          w.uint32(obj.leaseMs)
        }

        if (obj.capabilities != null && obj.capabilities.length > 0) {
          for (const value of obj.capabilities) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (obj.observed != null) {
          w.uint32(26)
          w.string(obj.observed)
        }

        if (obj.timeMs != null) {
          w.uint32(32)
          w.uint64Number(obj.timeMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          leaseMs: 0,
          capabilities: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.leaseMs = reader.uint32()
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
              obj.observed = reader.string()
              break
            }
            case 4: {
              obj.timeMs = reader.uint64Number()
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
                field: `${prefix}.leaseMs`,
                value: reader.uint32()
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
                field: `${prefix}.observed`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.timeMs`,
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

  export interface RegisteredLeaseMsFieldEvent {
    field: '$.leaseMs'
    value: number
  }

  export interface RegisteredCapabilitiesFieldEvent {
    field: '$.capabilities[]'
    index: number
    value: string
  }

  export interface RegisteredObservedFieldEvent {
    field: '$.observed'
    value: string
  }

  export interface RegisteredTimeMsFieldEvent {
    field: '$.timeMs'
    value: number
  }

  export function encode (obj: Partial<Registered>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Registered.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Registered>): Registered {
    return decodeMessage(buf, Registered.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Registered>): Generator<RegisteredLeaseMsFieldEvent | RegisteredCapabilitiesFieldEvent | RegisteredObservedFieldEvent | RegisteredTimeMsFieldEvent> {
    return streamMessage(buf, Registered.codec(), opts)
  }
}

export interface Unreached {
  address: string
  reason: string
}

export namespace Unreached {
  let _codec: Codec<Unreached>

  export const codec = (): Codec<Unreached> => {
    if (_codec == null) {
      _codec = message<Unreached>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.address != null && obj.address !== '')) {
          w.uint32(10)
          w.string(obj.address)
        }

        if ((obj.reason != null && obj.reason !== '')) {
          w.uint32(18)
          w.string(obj.reason)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          address: '',
          reason: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.address = reader.string()
              break
            }
            case 2: {
              obj.reason = reader.string()
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
                field: `${prefix}.address`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.reason`,
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

  export interface UnreachedAddressFieldEvent {
    field: '$.address'
    value: string
  }

  export interface UnreachedReasonFieldEvent {
    field: '$.reason'
    value: string
  }

  export function encode (obj: Partial<Unreached>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Unreached.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Unreached>): Unreached {
    return decodeMessage(buf, Unreached.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Unreached>): Generator<UnreachedAddressFieldEvent | UnreachedReasonFieldEvent> {
    return streamMessage(buf, Unreached.codec(), opts)
  }
}

export interface Verdict {
  reached: string[]
  unreached: Unreached[]
}

export namespace Verdict {
  let _codec: Codec<Verdict>

  export const codec = (): Codec<Verdict> => {
    if (_codec == null) {
      _codec = message<Verdict>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.reached != null && obj.reached.length > 0) {
          for (const value of obj.reached) {
            w.uint32(10)
            w.string(value)
          }
        }

        if (obj.unreached != null && obj.unreached.length > 0) {
          for (const value of obj.unreached) {
            w.uint32(18)
            Unreached.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          reached: [],
          unreached: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.reached != null && obj.reached.length === opts.limits.reached) {
                throw new MaxLengthError('Decode error - repeated field "reached" had too many elements')
              }

              obj.reached.push(reader.string())
              break
            }
            case 2: {
              if (opts.limits?.unreached != null && obj.unreached.length === opts.limits.unreached) {
                throw new MaxLengthError('Decode error - repeated field "unreached" had too many elements')
              }

              obj.unreached.push(Unreached.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.unreached$
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
          reached: 0,
          unreached: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.reached != null && obj.reached === opts.limits.reached) {
                throw new MaxLengthError('Streaming decode error - repeated field "reached" had too many elements')
              }

              yield {
                field: `${prefix}.reached[]`,
                index: obj.reached,
                value: reader.string()
              }

              obj.reached++

              break
            }
            case 2: {
              if (opts.limits?.unreached != null && obj.unreached === opts.limits.unreached) {
                throw new MaxLengthError('Streaming decode error - repeated field "unreached" had too many elements')
              }

              for (const evt of Unreached.codec().stream(reader, reader.uint32(), `${prefix}.unreached[]`, {
                limits: opts.limits?.unreached$
              })) {
                yield {
                  ...evt,
                  index: obj.unreached
                }
              }

              obj.unreached++

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

  export interface VerdictReachedFieldEvent {
    field: '$.reached[]'
    index: number
    value: string
  }

  export interface VerdictUnreachedAddressFieldEvent {
    field: '$.unreached[].address'
    value: string
    index: number
  }

  export interface VerdictUnreachedReasonFieldEvent {
    field: '$.unreached[].reason'
    value: string
    index: number
  }

  export function encode (obj: Partial<Verdict>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Verdict.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Verdict>): Verdict {
    return decodeMessage(buf, Verdict.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Verdict>): Generator<VerdictReachedFieldEvent | VerdictUnreachedAddressFieldEvent | VerdictUnreachedReasonFieldEvent> {
    return streamMessage(buf, Verdict.codec(), opts)
  }
}

export interface Neighbors {
  peers: Peer[]
  linked: Peer[]
  attach: boolean
}

export namespace Neighbors {
  let _codec: Codec<Neighbors>

  export const codec = (): Codec<Neighbors> => {
    if (_codec == null) {
      _codec = message<Neighbors>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.peers != null && obj.peers.length > 0) {
          for (const value of obj.peers) {
            w.uint32(10)
            Peer.codec().encode(value, w)
          }
        }

        if (obj.linked != null && obj.linked.length > 0) {
          for (const value of obj.linked) {
            w.uint32(18)
            Peer.codec().encode(value, w)
          }
        }

        if ((obj.attach != null && obj.attach !== false)) {
          w.uint32(24)
          w.bool(obj.attach)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peers: [],
          linked: [],
          attach: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.peers != null && obj.peers.length === opts.limits.peers) {
                throw new MaxLengthError('Decode error - repeated field "peers" had too many elements')
              }

              obj.peers.push(Peer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.peers$
              }))
              break
            }
            case 2: {
              if (opts.limits?.linked != null && obj.linked.length === opts.limits.linked) {
                throw new MaxLengthError('Decode error - repeated field "linked" had too many elements')
              }

              obj.linked.push(Peer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.linked$
              }))
              break
            }
            case 3: {
              obj.attach = reader.bool()
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
          peers: 0,
          linked: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.peers != null && obj.peers === opts.limits.peers) {
                throw new MaxLengthError('Streaming decode error - repeated field "peers" had too many elements')
              }

              for (const evt of Peer.codec().stream(reader, reader.uint32(), `${prefix}.peers[]`, {
                limits: opts.limits?.peers$
              })) {
                yield {
                  ...evt,
                  index: obj.peers
                }
              }

              obj.peers++

              break
            }
            case 2: {
              if (opts.limits?.linked != null && obj.linked === opts.limits.linked) {
                throw new MaxLengthError('Streaming decode error - repeated field "linked" had too many elements')
              }

              for (const evt of Peer.codec().stream(reader, reader.uint32(), `${prefix}.linked[]`, {
                limits: opts.limits?.linked$
              })) {
                yield {
                  ...evt,
                  index: obj.linked
                }
              }

              obj.linked++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.attach`,
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

  export interface NeighborsPeersPeerIdFieldEvent {
    field: '$.peers[].peerId'
    value: string
    index: number
  }

  export interface NeighborsPeersAddressesFieldEvent {
    field: '$.peers[].addresses[]'
    index: number
    value: string
  }

  export interface NeighborsLinkedPeerIdFieldEvent {
    field: '$.linked[].peerId'
    value: string
    index: number
  }

  export interface NeighborsLinkedAddressesFieldEvent {
    field: '$.linked[].addresses[]'
    index: number
    value: string
  }

  export interface NeighborsAttachFieldEvent {
    field: '$.attach'
    value: boolean
  }

  export function encode (obj: Partial<Neighbors>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Neighbors.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Neighbors>): Neighbors {
    return decodeMessage(buf, Neighbors.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Neighbors>): Generator<NeighborsPeersPeerIdFieldEvent | NeighborsPeersAddressesFieldEvent | NeighborsLinkedPeerIdFieldEvent | NeighborsLinkedAddressesFieldEvent | NeighborsAttachFieldEvent> {
    return streamMessage(buf, Neighbors.codec(), opts)
  }
}

export interface CatalogStored {
  entries: number
}

export namespace CatalogStored {
  let _codec: Codec<CatalogStored>

  export const codec = (): Codec<CatalogStored> => {
    if (_codec == null) {
      _codec = message<CatalogStored>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.entries != null && obj.entries !== 0)) {
          w.uint32(8)
          w.uint32(obj.entries)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          entries: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.entries = reader.uint32()
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
                field: `${prefix}.entries`,
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

  export interface CatalogStoredEntriesFieldEvent {
    field: '$.entries'
    value: number
  }

  export function encode (obj: Partial<CatalogStored>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, CatalogStored.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CatalogStored>): CatalogStored {
    return decodeMessage(buf, CatalogStored.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CatalogStored>): Generator<CatalogStoredEntriesFieldEvent> {
    return streamMessage(buf, CatalogStored.codec(), opts)
  }
}

export interface Notice {
  status: number
  message: string
}

export namespace Notice {
  let _codec: Codec<Notice>

  export const codec = (): Codec<Notice> => {
    if (_codec == null) {
      _codec = message<Notice>((obj, w, opts = {}) => {
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

  export interface NoticeStatusFieldEvent {
    field: '$.status'
    value: number
  }

  export interface NoticeMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export function encode (obj: Partial<Notice>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Notice.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Notice>): Notice {
    return decodeMessage(buf, Notice.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Notice>): Generator<NoticeStatusFieldEvent | NoticeMessageFieldEvent> {
    return streamMessage(buf, Notice.codec(), opts)
  }
}

export interface RouteRelay {
  peerId: string
  addresses: string[]
  capacityBytesPerSecond?: number
  labels: string[]
  capabilities: string[]
  vouchedBy: string
}

export namespace RouteRelay {
  let _codec: Codec<RouteRelay>

  export const codec = (): Codec<RouteRelay> => {
    if (_codec == null) {
      _codec = message<RouteRelay>((obj, w, opts = {}) => {
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

        if (obj.capacityBytesPerSecond != null) {
          w.uint32(24)
          w.uint64Number(obj.capacityBytesPerSecond)
        }

        if (obj.labels != null && obj.labels.length > 0) {
          for (const value of obj.labels) {
            w.uint32(34)
            w.string(value)
          }
        }

        if (obj.capabilities != null && obj.capabilities.length > 0) {
          for (const value of obj.capabilities) {
            w.uint32(42)
            w.string(value)
          }
        }

        if ((obj.vouchedBy != null && obj.vouchedBy !== '')) {
          w.uint32(50)
          w.string(obj.vouchedBy)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: '',
          addresses: [],
          labels: [],
          capabilities: [],
          vouchedBy: ''
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
            case 3: {
              obj.capacityBytesPerSecond = reader.uint64Number()
              break
            }
            case 4: {
              if (opts.limits?.labels != null && obj.labels.length === opts.limits.labels) {
                throw new MaxLengthError('Decode error - repeated field "labels" had too many elements')
              }

              obj.labels.push(reader.string())
              break
            }
            case 5: {
              if (opts.limits?.capabilities != null && obj.capabilities.length === opts.limits.capabilities) {
                throw new MaxLengthError('Decode error - repeated field "capabilities" had too many elements')
              }

              obj.capabilities.push(reader.string())
              break
            }
            case 6: {
              obj.vouchedBy = reader.string()
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
          addresses: 0,
          labels: 0,
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
            case 3: {
              yield {
                field: `${prefix}.capacityBytesPerSecond`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              if (opts.limits?.labels != null && obj.labels === opts.limits.labels) {
                throw new MaxLengthError('Streaming decode error - repeated field "labels" had too many elements')
              }

              yield {
                field: `${prefix}.labels[]`,
                index: obj.labels,
                value: reader.string()
              }

              obj.labels++

              break
            }
            case 5: {
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
            case 6: {
              yield {
                field: `${prefix}.vouchedBy`,
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

  export interface RouteRelayPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface RouteRelayAddressesFieldEvent {
    field: '$.addresses[]'
    index: number
    value: string
  }

  export interface RouteRelayCapacityBytesPerSecondFieldEvent {
    field: '$.capacityBytesPerSecond'
    value: number
  }

  export interface RouteRelayLabelsFieldEvent {
    field: '$.labels[]'
    index: number
    value: string
  }

  export interface RouteRelayCapabilitiesFieldEvent {
    field: '$.capabilities[]'
    index: number
    value: string
  }

  export interface RouteRelayVouchedByFieldEvent {
    field: '$.vouchedBy'
    value: string
  }

  export function encode (obj: Partial<RouteRelay>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, RouteRelay.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RouteRelay>): RouteRelay {
    return decodeMessage(buf, RouteRelay.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RouteRelay>): Generator<RouteRelayPeerIdFieldEvent | RouteRelayAddressesFieldEvent | RouteRelayCapacityBytesPerSecondFieldEvent | RouteRelayLabelsFieldEvent | RouteRelayCapabilitiesFieldEvent | RouteRelayVouchedByFieldEvent> {
    return streamMessage(buf, RouteRelay.codec(), opts)
  }
}

export interface Holder {
  peerId: string
  addresses: string[]
  record: Uint8Array<ArrayBuffer>
  capabilities: string[]
}

export namespace Holder {
  let _codec: Codec<Holder>

  export const codec = (): Codec<Holder> => {
    if (_codec == null) {
      _codec = message<Holder>((obj, w, opts = {}) => {
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

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.record)
        }

        if (obj.capabilities != null && obj.capabilities.length > 0) {
          for (const value of obj.capabilities) {
            w.uint32(34)
            w.string(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: '',
          addresses: [],
          record: uint8ArrayAlloc(0),
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
              if (opts.limits?.addresses != null && obj.addresses.length === opts.limits.addresses) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              obj.addresses.push(reader.string())
              break
            }
            case 3: {
              obj.record = reader.bytes()
              break
            }
            case 4: {
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
          addresses: 0,
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
            case 3: {
              yield {
                field: `${prefix}.record`,
                value: reader.bytes()
              }
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

  export interface HolderPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface HolderAddressesFieldEvent {
    field: '$.addresses[]'
    index: number
    value: string
  }

  export interface HolderRecordFieldEvent {
    field: '$.record'
    value: Uint8Array<ArrayBuffer>
  }

  export interface HolderCapabilitiesFieldEvent {
    field: '$.capabilities[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<Holder>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Holder.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Holder>): Holder {
    return decodeMessage(buf, Holder.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Holder>): Generator<HolderPeerIdFieldEvent | HolderAddressesFieldEvent | HolderRecordFieldEvent | HolderCapabilitiesFieldEvent> {
    return streamMessage(buf, Holder.codec(), opts)
  }
}

export interface Route {
  relays: RouteRelay[]
  source: string
  costMs: number
}

export namespace Route {
  let _codec: Codec<Route>

  export const codec = (): Codec<Route> => {
    if (_codec == null) {
      _codec = message<Route>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.relays != null && obj.relays.length > 0) {
          for (const value of obj.relays) {
            w.uint32(10)
            RouteRelay.codec().encode(value, w)
          }
        }

        if ((obj.source != null && obj.source !== '')) {
          w.uint32(18)
          w.string(obj.source)
        }

        if ((obj.costMs != null && obj.costMs !== 0)) {
          w.uint32(25)
          w.double(obj.costMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          relays: [],
          source: '',
          costMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.relays != null && obj.relays.length === opts.limits.relays) {
                throw new MaxLengthError('Decode error - repeated field "relays" had too many elements')
              }

              obj.relays.push(RouteRelay.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.relays$
              }))
              break
            }
            case 2: {
              obj.source = reader.string()
              break
            }
            case 3: {
              obj.costMs = reader.double()
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
          relays: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.relays != null && obj.relays === opts.limits.relays) {
                throw new MaxLengthError('Streaming decode error - repeated field "relays" had too many elements')
              }

              for (const evt of RouteRelay.codec().stream(reader, reader.uint32(), `${prefix}.relays[]`, {
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
            case 2: {
              yield {
                field: `${prefix}.source`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.costMs`,
                value: reader.double()
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

  export interface RouteRelaysPeerIdFieldEvent {
    field: '$.relays[].peerId'
    value: string
    index: number
  }

  export interface RouteRelaysAddressesFieldEvent {
    field: '$.relays[].addresses[]'
    index: number
    value: string
  }

  export interface RouteRelaysCapacityBytesPerSecondFieldEvent {
    field: '$.relays[].capacityBytesPerSecond'
    value: number
    index: number
  }

  export interface RouteRelaysLabelsFieldEvent {
    field: '$.relays[].labels[]'
    index: number
    value: string
  }

  export interface RouteRelaysCapabilitiesFieldEvent {
    field: '$.relays[].capabilities[]'
    index: number
    value: string
  }

  export interface RouteRelaysVouchedByFieldEvent {
    field: '$.relays[].vouchedBy'
    value: string
    index: number
  }

  export interface RouteSourceFieldEvent {
    field: '$.source'
    value: string
  }

  export interface RouteCostMsFieldEvent {
    field: '$.costMs'
    value: number
  }

  export function encode (obj: Partial<Route>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Route.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Route>): Route {
    return decodeMessage(buf, Route.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Route>): Generator<RouteRelaysPeerIdFieldEvent | RouteRelaysAddressesFieldEvent | RouteRelaysCapacityBytesPerSecondFieldEvent | RouteRelaysLabelsFieldEvent | RouteRelaysCapabilitiesFieldEvent | RouteRelaysVouchedByFieldEvent | RouteSourceFieldEvent | RouteCostMsFieldEvent> {
    return streamMessage(buf, Route.codec(), opts)
  }
}

export interface Link {
  from: string
  to: string
}

export namespace Link {
  let _codec: Codec<Link>

  export const codec = (): Codec<Link> => {
    if (_codec == null) {
      _codec = message<Link>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.from != null && obj.from !== '')) {
          w.uint32(10)
          w.string(obj.from)
        }

        if ((obj.to != null && obj.to !== '')) {
          w.uint32(18)
          w.string(obj.to)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          from: '',
          to: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.from = reader.string()
              break
            }
            case 2: {
              obj.to = reader.string()
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
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.to`,
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

  export interface LinkFromFieldEvent {
    field: '$.from'
    value: string
  }

  export interface LinkToFieldEvent {
    field: '$.to'
    value: string
  }

  export function encode (obj: Partial<Link>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Link.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Link>): Link {
    return decodeMessage(buf, Link.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Link>): Generator<LinkFromFieldEvent | LinkToFieldEvent> {
    return streamMessage(buf, Link.codec(), opts)
  }
}

export interface Shortfall {
  reason: string
  relays: string[]
  links: Link[]
  message: string
}

export namespace Shortfall {
  let _codec: Codec<Shortfall>

  export const codec = (): Codec<Shortfall> => {
    if (_codec == null) {
      _codec = message<Shortfall>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.reason != null && obj.reason !== '')) {
          w.uint32(10)
          w.string(obj.reason)
        }

        if (obj.relays != null && obj.relays.length > 0) {
          for (const value of obj.relays) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (obj.links != null && obj.links.length > 0) {
          for (const value of obj.links) {
            w.uint32(26)
            Link.codec().encode(value, w)
          }
        }

        if ((obj.message != null && obj.message !== '')) {
          w.uint32(34)
          w.string(obj.message)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          reason: '',
          relays: [],
          links: [],
          message: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.reason = reader.string()
              break
            }
            case 2: {
              if (opts.limits?.relays != null && obj.relays.length === opts.limits.relays) {
                throw new MaxLengthError('Decode error - repeated field "relays" had too many elements')
              }

              obj.relays.push(reader.string())
              break
            }
            case 3: {
              if (opts.limits?.links != null && obj.links.length === opts.limits.links) {
                throw new MaxLengthError('Decode error - repeated field "links" had too many elements')
              }

              obj.links.push(Link.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.links$
              }))
              break
            }
            case 4: {
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
        const obj = {
          relays: 0,
          links: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.reason`,
                value: reader.string()
              }
              break
            }
            case 2: {
              if (opts.limits?.relays != null && obj.relays === opts.limits.relays) {
                throw new MaxLengthError('Streaming decode error - repeated field "relays" had too many elements')
              }

              yield {
                field: `${prefix}.relays[]`,
                index: obj.relays,
                value: reader.string()
              }

              obj.relays++

              break
            }
            case 3: {
              if (opts.limits?.links != null && obj.links === opts.limits.links) {
                throw new MaxLengthError('Streaming decode error - repeated field "links" had too many elements')
              }

              for (const evt of Link.codec().stream(reader, reader.uint32(), `${prefix}.links[]`, {
                limits: opts.limits?.links$
              })) {
                yield {
                  ...evt,
                  index: obj.links
                }
              }

              obj.links++

              break
            }
            case 4: {
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

  export interface ShortfallReasonFieldEvent {
    field: '$.reason'
    value: string
  }

  export interface ShortfallRelaysFieldEvent {
    field: '$.relays[]'
    index: number
    value: string
  }

  export interface ShortfallLinksFromFieldEvent {
    field: '$.links[].from'
    value: string
    index: number
  }

  export interface ShortfallLinksToFieldEvent {
    field: '$.links[].to'
    value: string
    index: number
  }

  export interface ShortfallMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export function encode (obj: Partial<Shortfall>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Shortfall.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Shortfall>): Shortfall {
    return decodeMessage(buf, Shortfall.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Shortfall>): Generator<ShortfallReasonFieldEvent | ShortfallRelaysFieldEvent | ShortfallLinksFromFieldEvent | ShortfallLinksToFieldEvent | ShortfallMessageFieldEvent> {
    return streamMessage(buf, Shortfall.codec(), opts)
  }
}

export interface Answer {
  status: number
  message: string
  settling: boolean
  holders: Holder[]
  routes: Route[]
  shortfall?: Shortfall
  gained: string[]
  lost: string[]
  pass?: Uint8Array<ArrayBuffer>
  observed?: string
  timeMs?: number
  indexing: boolean
}

export namespace Answer {
  let _codec: Codec<Answer>

  export const codec = (): Codec<Answer> => {
    if (_codec == null) {
      _codec = message<Answer>((obj, w, opts = {}) => {
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

        if ((obj.settling != null && obj.settling !== false)) {
          w.uint32(24)
          w.bool(obj.settling)
        }

        if (obj.holders != null && obj.holders.length > 0) {
          for (const value of obj.holders) {
            w.uint32(34)
            Holder.codec().encode(value, w)
          }
        }

        if (obj.routes != null && obj.routes.length > 0) {
          for (const value of obj.routes) {
            w.uint32(42)
            Route.codec().encode(value, w)
          }
        }

        if (obj.shortfall != null) {
          w.uint32(50)
          Shortfall.codec().encode(obj.shortfall, w)
        }

        if (obj.gained != null && obj.gained.length > 0) {
          for (const value of obj.gained) {
            w.uint32(58)
            w.string(value)
          }
        }

        if (obj.lost != null && obj.lost.length > 0) {
          for (const value of obj.lost) {
            w.uint32(66)
            w.string(value)
          }
        }

        if (obj.pass != null) {
          w.uint32(74)
          w.bytes(obj.pass)
        }

        if (obj.observed != null) {
          w.uint32(82)
          w.string(obj.observed)
        }

        if (obj.timeMs != null) {
          w.uint32(88)
          w.uint64Number(obj.timeMs)
        }

        if ((obj.indexing != null && obj.indexing !== false)) {
          w.uint32(96)
          w.bool(obj.indexing)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          status: 0,
          message: '',
          settling: false,
          holders: [],
          routes: [],
          gained: [],
          lost: [],
          indexing: false
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
              obj.settling = reader.bool()
              break
            }
            case 4: {
              if (opts.limits?.holders != null && obj.holders.length === opts.limits.holders) {
                throw new MaxLengthError('Decode error - repeated field "holders" had too many elements')
              }

              obj.holders.push(Holder.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.holders$
              }))
              break
            }
            case 5: {
              if (opts.limits?.routes != null && obj.routes.length === opts.limits.routes) {
                throw new MaxLengthError('Decode error - repeated field "routes" had too many elements')
              }

              obj.routes.push(Route.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.routes$
              }))
              break
            }
            case 6: {
              obj.shortfall = Shortfall.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.shortfall
              })
              break
            }
            case 7: {
              if (opts.limits?.gained != null && obj.gained.length === opts.limits.gained) {
                throw new MaxLengthError('Decode error - repeated field "gained" had too many elements')
              }

              obj.gained.push(reader.string())
              break
            }
            case 8: {
              if (opts.limits?.lost != null && obj.lost.length === opts.limits.lost) {
                throw new MaxLengthError('Decode error - repeated field "lost" had too many elements')
              }

              obj.lost.push(reader.string())
              break
            }
            case 9: {
              obj.pass = reader.bytes()
              break
            }
            case 10: {
              obj.observed = reader.string()
              break
            }
            case 11: {
              obj.timeMs = reader.uint64Number()
              break
            }
            case 12: {
              obj.indexing = reader.bool()
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
          routes: 0,
          gained: 0,
          lost: 0
        }

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
                field: `${prefix}.settling`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              if (opts.limits?.holders != null && obj.holders === opts.limits.holders) {
                throw new MaxLengthError('Streaming decode error - repeated field "holders" had too many elements')
              }

              for (const evt of Holder.codec().stream(reader, reader.uint32(), `${prefix}.holders[]`, {
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
            case 5: {
              if (opts.limits?.routes != null && obj.routes === opts.limits.routes) {
                throw new MaxLengthError('Streaming decode error - repeated field "routes" had too many elements')
              }

              for (const evt of Route.codec().stream(reader, reader.uint32(), `${prefix}.routes[]`, {
                limits: opts.limits?.routes$
              })) {
                yield {
                  ...evt,
                  index: obj.routes
                }
              }

              obj.routes++

              break
            }
            case 6: {
              yield * Shortfall.codec().stream(reader, reader.uint32(), `${prefix}.shortfall`, {
                limits: opts.limits?.shortfall
              })

              break
            }
            case 7: {
              if (opts.limits?.gained != null && obj.gained === opts.limits.gained) {
                throw new MaxLengthError('Streaming decode error - repeated field "gained" had too many elements')
              }

              yield {
                field: `${prefix}.gained[]`,
                index: obj.gained,
                value: reader.string()
              }

              obj.gained++

              break
            }
            case 8: {
              if (opts.limits?.lost != null && obj.lost === opts.limits.lost) {
                throw new MaxLengthError('Streaming decode error - repeated field "lost" had too many elements')
              }

              yield {
                field: `${prefix}.lost[]`,
                index: obj.lost,
                value: reader.string()
              }

              obj.lost++

              break
            }
            case 9: {
              yield {
                field: `${prefix}.pass`,
                value: reader.bytes()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.observed`,
                value: reader.string()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.timeMs`,
                value: reader.uint64Number()
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.indexing`,
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

  export interface AnswerStatusFieldEvent {
    field: '$.status'
    value: number
  }

  export interface AnswerMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export interface AnswerSettlingFieldEvent {
    field: '$.settling'
    value: boolean
  }

  export interface AnswerHoldersPeerIdFieldEvent {
    field: '$.holders[].peerId'
    value: string
    index: number
  }

  export interface AnswerHoldersAddressesFieldEvent {
    field: '$.holders[].addresses[]'
    index: number
    value: string
  }

  export interface AnswerHoldersRecordFieldEvent {
    field: '$.holders[].record'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface AnswerHoldersCapabilitiesFieldEvent {
    field: '$.holders[].capabilities[]'
    index: number
    value: string
  }

  export interface AnswerRoutesRelaysPeerIdFieldEvent {
    field: '$.routes[].relays[].peerId'
    value: string
    index: number
  }

  export interface AnswerRoutesRelaysAddressesFieldEvent {
    field: '$.routes[].relays[].addresses[]'
    index: number
    value: string
  }

  export interface AnswerRoutesRelaysCapacityBytesPerSecondFieldEvent {
    field: '$.routes[].relays[].capacityBytesPerSecond'
    value: number
    index: number
  }

  export interface AnswerRoutesRelaysLabelsFieldEvent {
    field: '$.routes[].relays[].labels[]'
    index: number
    value: string
  }

  export interface AnswerRoutesRelaysCapabilitiesFieldEvent {
    field: '$.routes[].relays[].capabilities[]'
    index: number
    value: string
  }

  export interface AnswerRoutesRelaysVouchedByFieldEvent {
    field: '$.routes[].relays[].vouchedBy'
    value: string
    index: number
  }

  export interface AnswerRoutesSourceFieldEvent {
    field: '$.routes[].source'
    value: string
    index: number
  }

  export interface AnswerRoutesCostMsFieldEvent {
    field: '$.routes[].costMs'
    value: number
    index: number
  }

  export interface AnswerShortfallReasonFieldEvent {
    field: '$.shortfall.reason'
    value: string
  }

  export interface AnswerShortfallRelaysFieldEvent {
    field: '$.shortfall.relays[]'
    index: number
    value: string
  }

  export interface AnswerShortfallLinksFromFieldEvent {
    field: '$.shortfall.links[].from'
    value: string
    index: number
  }

  export interface AnswerShortfallLinksToFieldEvent {
    field: '$.shortfall.links[].to'
    value: string
    index: number
  }

  export interface AnswerShortfallMessageFieldEvent {
    field: '$.shortfall.message'
    value: string
  }

  export interface AnswerGainedFieldEvent {
    field: '$.gained[]'
    index: number
    value: string
  }

  export interface AnswerLostFieldEvent {
    field: '$.lost[]'
    index: number
    value: string
  }

  export interface AnswerPassFieldEvent {
    field: '$.pass'
    value: Uint8Array<ArrayBuffer>
  }

  export interface AnswerObservedFieldEvent {
    field: '$.observed'
    value: string
  }

  export interface AnswerTimeMsFieldEvent {
    field: '$.timeMs'
    value: number
  }

  export interface AnswerIndexingFieldEvent {
    field: '$.indexing'
    value: boolean
  }

  export function encode (obj: Partial<Answer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Answer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Answer>): Answer {
    return decodeMessage(buf, Answer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Answer>): Generator<AnswerStatusFieldEvent | AnswerMessageFieldEvent | AnswerSettlingFieldEvent | AnswerHoldersPeerIdFieldEvent | AnswerHoldersAddressesFieldEvent | AnswerHoldersRecordFieldEvent | AnswerHoldersCapabilitiesFieldEvent | AnswerRoutesRelaysPeerIdFieldEvent | AnswerRoutesRelaysAddressesFieldEvent | AnswerRoutesRelaysCapacityBytesPerSecondFieldEvent | AnswerRoutesRelaysLabelsFieldEvent | AnswerRoutesRelaysCapabilitiesFieldEvent | AnswerRoutesRelaysVouchedByFieldEvent | AnswerRoutesSourceFieldEvent | AnswerRoutesCostMsFieldEvent | AnswerShortfallReasonFieldEvent | AnswerShortfallRelaysFieldEvent | AnswerShortfallLinksFromFieldEvent | AnswerShortfallLinksToFieldEvent | AnswerShortfallMessageFieldEvent | AnswerGainedFieldEvent | AnswerLostFieldEvent | AnswerPassFieldEvent | AnswerObservedFieldEvent | AnswerTimeMsFieldEvent | AnswerIndexingFieldEvent> {
    return streamMessage(buf, Answer.codec(), opts)
  }
}

export interface ListedContent {
  name: string
  rootHash: Uint8Array<ArrayBuffer>
  sizeBytes?: number
  sources: number
}

export namespace ListedContent {
  let _codec: Codec<ListedContent>

  export const codec = (): Codec<ListedContent> => {
    if (_codec == null) {
      _codec = message<ListedContent>((obj, w, opts = {}) => {
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

        if (obj.sizeBytes != null) {
          w.uint32(24)
          w.uint64Number(obj.sizeBytes)
        }

        if ((obj.sources != null && obj.sources !== 0)) {
          w.uint32(32)
          w.uint32(obj.sources)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          name: '',
          rootHash: uint8ArrayAlloc(0),
          sources: 0
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
              obj.sizeBytes = reader.uint64Number()
              break
            }
            case 4: {
              obj.sources = reader.uint32()
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
                field: `${prefix}.sizeBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.sources`,
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

  export interface ListedContentNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface ListedContentRootHashFieldEvent {
    field: '$.rootHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface ListedContentSizeBytesFieldEvent {
    field: '$.sizeBytes'
    value: number
  }

  export interface ListedContentSourcesFieldEvent {
    field: '$.sources'
    value: number
  }

  export function encode (obj: Partial<ListedContent>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ListedContent.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ListedContent>): ListedContent {
    return decodeMessage(buf, ListedContent.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ListedContent>): Generator<ListedContentNameFieldEvent | ListedContentRootHashFieldEvent | ListedContentSizeBytesFieldEvent | ListedContentSourcesFieldEvent> {
    return streamMessage(buf, ListedContent.codec(), opts)
  }
}

export interface Listed {
  contents: ListedContent[]
  complete: boolean
  settling: boolean
  indexing: boolean
}

export namespace Listed {
  let _codec: Codec<Listed>

  export const codec = (): Codec<Listed> => {
    if (_codec == null) {
      _codec = message<Listed>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.contents != null && obj.contents.length > 0) {
          for (const value of obj.contents) {
            w.uint32(10)
            ListedContent.codec().encode(value, w)
          }
        }

        if ((obj.complete != null && obj.complete !== false)) {
          w.uint32(16)
          w.bool(obj.complete)
        }

        if ((obj.settling != null && obj.settling !== false)) {
          w.uint32(24)
          w.bool(obj.settling)
        }

        if ((obj.indexing != null && obj.indexing !== false)) {
          w.uint32(32)
          w.bool(obj.indexing)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          contents: [],
          complete: false,
          settling: false,
          indexing: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.contents != null && obj.contents.length === opts.limits.contents) {
                throw new MaxLengthError('Decode error - repeated field "contents" had too many elements')
              }

              obj.contents.push(ListedContent.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.contents$
              }))
              break
            }
            case 2: {
              obj.complete = reader.bool()
              break
            }
            case 3: {
              obj.settling = reader.bool()
              break
            }
            case 4: {
              obj.indexing = reader.bool()
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
          contents: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.contents != null && obj.contents === opts.limits.contents) {
                throw new MaxLengthError('Streaming decode error - repeated field "contents" had too many elements')
              }

              for (const evt of ListedContent.codec().stream(reader, reader.uint32(), `${prefix}.contents[]`, {
                limits: opts.limits?.contents$
              })) {
                yield {
                  ...evt,
                  index: obj.contents
                }
              }

              obj.contents++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.complete`,
                value: reader.bool()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.settling`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.indexing`,
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

  export interface ListedContentsNameFieldEvent {
    field: '$.contents[].name'
    value: string
    index: number
  }

  export interface ListedContentsRootHashFieldEvent {
    field: '$.contents[].rootHash'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ListedContentsSizeBytesFieldEvent {
    field: '$.contents[].sizeBytes'
    value: number
    index: number
  }

  export interface ListedContentsSourcesFieldEvent {
    field: '$.contents[].sources'
    value: number
    index: number
  }

  export interface ListedCompleteFieldEvent {
    field: '$.complete'
    value: boolean
  }

  export interface ListedSettlingFieldEvent {
    field: '$.settling'
    value: boolean
  }

  export interface ListedIndexingFieldEvent {
    field: '$.indexing'
    value: boolean
  }

  export function encode (obj: Partial<Listed>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Listed.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Listed>): Listed {
    return decodeMessage(buf, Listed.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Listed>): Generator<ListedContentsNameFieldEvent | ListedContentsRootHashFieldEvent | ListedContentsSizeBytesFieldEvent | ListedContentsSourcesFieldEvent | ListedCompleteFieldEvent | ListedSettlingFieldEvent | ListedIndexingFieldEvent> {
    return streamMessage(buf, Listed.codec(), opts)
  }
}

export interface DirectorReply {
  registered?: Registered
  neighbors?: Neighbors
  catalogStored?: CatalogStored
  notice?: Notice
  answer?: Answer
  verdict?: Verdict
  listed?: Listed
}

export namespace DirectorReply {
  let _codec: Codec<DirectorReply>

  export const codec = (): Codec<DirectorReply> => {
    if (_codec == null) {
      _codec = message<DirectorReply>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.listed != null) {
          obj.verdict = undefined
          obj.answer = undefined
          obj.notice = undefined
          obj.catalogStored = undefined
          obj.neighbors = undefined
          obj.registered = undefined
        }

        if (obj.verdict != null) {
          obj.listed = undefined
          obj.answer = undefined
          obj.notice = undefined
          obj.catalogStored = undefined
          obj.neighbors = undefined
          obj.registered = undefined
        }

        if (obj.answer != null) {
          obj.listed = undefined
          obj.verdict = undefined
          obj.notice = undefined
          obj.catalogStored = undefined
          obj.neighbors = undefined
          obj.registered = undefined
        }

        if (obj.notice != null) {
          obj.listed = undefined
          obj.verdict = undefined
          obj.answer = undefined
          obj.catalogStored = undefined
          obj.neighbors = undefined
          obj.registered = undefined
        }

        if (obj.catalogStored != null) {
          obj.listed = undefined
          obj.verdict = undefined
          obj.answer = undefined
          obj.notice = undefined
          obj.neighbors = undefined
          obj.registered = undefined
        }

        if (obj.neighbors != null) {
          obj.listed = undefined
          obj.verdict = undefined
          obj.answer = undefined
          obj.notice = undefined
          obj.catalogStored = undefined
          obj.registered = undefined
        }

        if (obj.registered != null) {
          obj.listed = undefined
          obj.verdict = undefined
          obj.answer = undefined
          obj.notice = undefined
          obj.catalogStored = undefined
          obj.neighbors = undefined
        }

        if (obj.registered != null) {
          w.uint32(10)
          Registered.codec().encode(obj.registered, w)
        }

        if (obj.neighbors != null) {
          w.uint32(18)
          Neighbors.codec().encode(obj.neighbors, w)
        }

        if (obj.catalogStored != null) {
          w.uint32(26)
          CatalogStored.codec().encode(obj.catalogStored, w)
        }

        if (obj.notice != null) {
          w.uint32(34)
          Notice.codec().encode(obj.notice, w)
        }

        if (obj.answer != null) {
          w.uint32(42)
          Answer.codec().encode(obj.answer, w)
        }

        if (obj.verdict != null) {
          w.uint32(50)
          Verdict.codec().encode(obj.verdict, w)
        }

        if (obj.listed != null) {
          w.uint32(58)
          Listed.codec().encode(obj.listed, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.registered = Registered.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.registered
              })
              break
            }
            case 2: {
              obj.neighbors = Neighbors.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.neighbors
              })
              break
            }
            case 3: {
              obj.catalogStored = CatalogStored.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.catalogStored
              })
              break
            }
            case 4: {
              obj.notice = Notice.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.notice
              })
              break
            }
            case 5: {
              obj.answer = Answer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.answer
              })
              break
            }
            case 6: {
              obj.verdict = Verdict.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.verdict
              })
              break
            }
            case 7: {
              obj.listed = Listed.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.listed
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.listed != null) {
          delete obj.verdict
          delete obj.answer
          delete obj.notice
          delete obj.catalogStored
          delete obj.neighbors
          delete obj.registered
        }

        if (obj.verdict != null) {
          delete obj.listed
          delete obj.answer
          delete obj.notice
          delete obj.catalogStored
          delete obj.neighbors
          delete obj.registered
        }

        if (obj.answer != null) {
          delete obj.listed
          delete obj.verdict
          delete obj.notice
          delete obj.catalogStored
          delete obj.neighbors
          delete obj.registered
        }

        if (obj.notice != null) {
          delete obj.listed
          delete obj.verdict
          delete obj.answer
          delete obj.catalogStored
          delete obj.neighbors
          delete obj.registered
        }

        if (obj.catalogStored != null) {
          delete obj.listed
          delete obj.verdict
          delete obj.answer
          delete obj.notice
          delete obj.neighbors
          delete obj.registered
        }

        if (obj.neighbors != null) {
          delete obj.listed
          delete obj.verdict
          delete obj.answer
          delete obj.notice
          delete obj.catalogStored
          delete obj.registered
        }

        if (obj.registered != null) {
          delete obj.listed
          delete obj.verdict
          delete obj.answer
          delete obj.notice
          delete obj.catalogStored
          delete obj.neighbors
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Registered.codec().stream(reader, reader.uint32(), `${prefix}.registered`, {
                limits: opts.limits?.registered
              })

              break
            }
            case 2: {
              yield * Neighbors.codec().stream(reader, reader.uint32(), `${prefix}.neighbors`, {
                limits: opts.limits?.neighbors
              })

              break
            }
            case 3: {
              yield * CatalogStored.codec().stream(reader, reader.uint32(), `${prefix}.catalogStored`, {
                limits: opts.limits?.catalogStored
              })

              break
            }
            case 4: {
              yield * Notice.codec().stream(reader, reader.uint32(), `${prefix}.notice`, {
                limits: opts.limits?.notice
              })

              break
            }
            case 5: {
              yield * Answer.codec().stream(reader, reader.uint32(), `${prefix}.answer`, {
                limits: opts.limits?.answer
              })

              break
            }
            case 6: {
              yield * Verdict.codec().stream(reader, reader.uint32(), `${prefix}.verdict`, {
                limits: opts.limits?.verdict
              })

              break
            }
            case 7: {
              yield * Listed.codec().stream(reader, reader.uint32(), `${prefix}.listed`, {
                limits: opts.limits?.listed
              })

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

  export interface DirectorReplyRegisteredLeaseMsFieldEvent {
    field: '$.registered.leaseMs'
    value: number
  }

  export interface DirectorReplyRegisteredCapabilitiesFieldEvent {
    field: '$.registered.capabilities[]'
    index: number
    value: string
  }

  export interface DirectorReplyRegisteredObservedFieldEvent {
    field: '$.registered.observed'
    value: string
  }

  export interface DirectorReplyRegisteredTimeMsFieldEvent {
    field: '$.registered.timeMs'
    value: number
  }

  export interface DirectorReplyNeighborsPeersPeerIdFieldEvent {
    field: '$.neighbors.peers[].peerId'
    value: string
    index: number
  }

  export interface DirectorReplyNeighborsPeersAddressesFieldEvent {
    field: '$.neighbors.peers[].addresses[]'
    index: number
    value: string
  }

  export interface DirectorReplyNeighborsLinkedPeerIdFieldEvent {
    field: '$.neighbors.linked[].peerId'
    value: string
    index: number
  }

  export interface DirectorReplyNeighborsLinkedAddressesFieldEvent {
    field: '$.neighbors.linked[].addresses[]'
    index: number
    value: string
  }

  export interface DirectorReplyNeighborsAttachFieldEvent {
    field: '$.neighbors.attach'
    value: boolean
  }

  export interface DirectorReplyCatalogStoredEntriesFieldEvent {
    field: '$.catalogStored.entries'
    value: number
  }

  export interface DirectorReplyNoticeStatusFieldEvent {
    field: '$.notice.status'
    value: number
  }

  export interface DirectorReplyNoticeMessageFieldEvent {
    field: '$.notice.message'
    value: string
  }

  export interface DirectorReplyAnswerStatusFieldEvent {
    field: '$.answer.status'
    value: number
  }

  export interface DirectorReplyAnswerMessageFieldEvent {
    field: '$.answer.message'
    value: string
  }

  export interface DirectorReplyAnswerSettlingFieldEvent {
    field: '$.answer.settling'
    value: boolean
  }

  export interface DirectorReplyAnswerHoldersPeerIdFieldEvent {
    field: '$.answer.holders[].peerId'
    value: string
    index: number
  }

  export interface DirectorReplyAnswerHoldersAddressesFieldEvent {
    field: '$.answer.holders[].addresses[]'
    index: number
    value: string
  }

  export interface DirectorReplyAnswerHoldersRecordFieldEvent {
    field: '$.answer.holders[].record'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface DirectorReplyAnswerHoldersCapabilitiesFieldEvent {
    field: '$.answer.holders[].capabilities[]'
    index: number
    value: string
  }

  export interface DirectorReplyAnswerRoutesRelaysPeerIdFieldEvent {
    field: '$.answer.routes[].relays[].peerId'
    value: string
    index: number
  }

  export interface DirectorReplyAnswerRoutesRelaysAddressesFieldEvent {
    field: '$.answer.routes[].relays[].addresses[]'
    index: number
    value: string
  }

  export interface DirectorReplyAnswerRoutesRelaysCapacityBytesPerSecondFieldEvent {
    field: '$.answer.routes[].relays[].capacityBytesPerSecond'
    value: number
    index: number
  }

  export interface DirectorReplyAnswerRoutesRelaysLabelsFieldEvent {
    field: '$.answer.routes[].relays[].labels[]'
    index: number
    value: string
  }

  export interface DirectorReplyAnswerRoutesRelaysCapabilitiesFieldEvent {
    field: '$.answer.routes[].relays[].capabilities[]'
    index: number
    value: string
  }

  export interface DirectorReplyAnswerRoutesRelaysVouchedByFieldEvent {
    field: '$.answer.routes[].relays[].vouchedBy'
    value: string
    index: number
  }

  export interface DirectorReplyAnswerRoutesSourceFieldEvent {
    field: '$.answer.routes[].source'
    value: string
    index: number
  }

  export interface DirectorReplyAnswerRoutesCostMsFieldEvent {
    field: '$.answer.routes[].costMs'
    value: number
    index: number
  }

  export interface DirectorReplyAnswerShortfallReasonFieldEvent {
    field: '$.answer.shortfall.reason'
    value: string
  }

  export interface DirectorReplyAnswerShortfallRelaysFieldEvent {
    field: '$.answer.shortfall.relays[]'
    index: number
    value: string
  }

  export interface DirectorReplyAnswerShortfallLinksFromFieldEvent {
    field: '$.answer.shortfall.links[].from'
    value: string
    index: number
  }

  export interface DirectorReplyAnswerShortfallLinksToFieldEvent {
    field: '$.answer.shortfall.links[].to'
    value: string
    index: number
  }

  export interface DirectorReplyAnswerShortfallMessageFieldEvent {
    field: '$.answer.shortfall.message'
    value: string
  }

  export interface DirectorReplyAnswerGainedFieldEvent {
    field: '$.answer.gained[]'
    index: number
    value: string
  }

  export interface DirectorReplyAnswerLostFieldEvent {
    field: '$.answer.lost[]'
    index: number
    value: string
  }

  export interface DirectorReplyAnswerPassFieldEvent {
    field: '$.answer.pass'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DirectorReplyAnswerObservedFieldEvent {
    field: '$.answer.observed'
    value: string
  }

  export interface DirectorReplyAnswerTimeMsFieldEvent {
    field: '$.answer.timeMs'
    value: number
  }

  export interface DirectorReplyAnswerIndexingFieldEvent {
    field: '$.answer.indexing'
    value: boolean
  }

  export interface DirectorReplyVerdictReachedFieldEvent {
    field: '$.verdict.reached[]'
    index: number
    value: string
  }

  export interface DirectorReplyVerdictUnreachedAddressFieldEvent {
    field: '$.verdict.unreached[].address'
    value: string
    index: number
  }

  export interface DirectorReplyVerdictUnreachedReasonFieldEvent {
    field: '$.verdict.unreached[].reason'
    value: string
    index: number
  }

  export interface DirectorReplyListedContentsNameFieldEvent {
    field: '$.listed.contents[].name'
    value: string
    index: number
  }

  export interface DirectorReplyListedContentsRootHashFieldEvent {
    field: '$.listed.contents[].rootHash'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface DirectorReplyListedContentsSizeBytesFieldEvent {
    field: '$.listed.contents[].sizeBytes'
    value: number
    index: number
  }

  export interface DirectorReplyListedContentsSourcesFieldEvent {
    field: '$.listed.contents[].sources'
    value: number
    index: number
  }

  export interface DirectorReplyListedCompleteFieldEvent {
    field: '$.listed.complete'
    value: boolean
  }

  export interface DirectorReplyListedSettlingFieldEvent {
    field: '$.listed.settling'
    value: boolean
  }

  export interface DirectorReplyListedIndexingFieldEvent {
    field: '$.listed.indexing'
    value: boolean
  }

  export function encode (obj: Partial<DirectorReply>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, DirectorReply.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectorReply>): DirectorReply {
    return decodeMessage(buf, DirectorReply.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectorReply>): Generator<DirectorReplyRegisteredLeaseMsFieldEvent | DirectorReplyRegisteredCapabilitiesFieldEvent | DirectorReplyRegisteredObservedFieldEvent | DirectorReplyRegisteredTimeMsFieldEvent | DirectorReplyNeighborsPeersPeerIdFieldEvent | DirectorReplyNeighborsPeersAddressesFieldEvent | DirectorReplyNeighborsLinkedPeerIdFieldEvent | DirectorReplyNeighborsLinkedAddressesFieldEvent | DirectorReplyNeighborsAttachFieldEvent | DirectorReplyCatalogStoredEntriesFieldEvent | DirectorReplyNoticeStatusFieldEvent | DirectorReplyNoticeMessageFieldEvent | DirectorReplyAnswerStatusFieldEvent | DirectorReplyAnswerMessageFieldEvent | DirectorReplyAnswerSettlingFieldEvent | DirectorReplyAnswerHoldersPeerIdFieldEvent | DirectorReplyAnswerHoldersAddressesFieldEvent | DirectorReplyAnswerHoldersRecordFieldEvent | DirectorReplyAnswerHoldersCapabilitiesFieldEvent | DirectorReplyAnswerRoutesRelaysPeerIdFieldEvent | DirectorReplyAnswerRoutesRelaysAddressesFieldEvent | DirectorReplyAnswerRoutesRelaysCapacityBytesPerSecondFieldEvent | DirectorReplyAnswerRoutesRelaysLabelsFieldEvent | DirectorReplyAnswerRoutesRelaysCapabilitiesFieldEvent | DirectorReplyAnswerRoutesRelaysVouchedByFieldEvent | DirectorReplyAnswerRoutesSourceFieldEvent | DirectorReplyAnswerRoutesCostMsFieldEvent | DirectorReplyAnswerShortfallReasonFieldEvent | DirectorReplyAnswerShortfallRelaysFieldEvent | DirectorReplyAnswerShortfallLinksFromFieldEvent | DirectorReplyAnswerShortfallLinksToFieldEvent | DirectorReplyAnswerShortfallMessageFieldEvent | DirectorReplyAnswerGainedFieldEvent | DirectorReplyAnswerLostFieldEvent | DirectorReplyAnswerPassFieldEvent | DirectorReplyAnswerObservedFieldEvent | DirectorReplyAnswerTimeMsFieldEvent | DirectorReplyAnswerIndexingFieldEvent | DirectorReplyVerdictReachedFieldEvent | DirectorReplyVerdictUnreachedAddressFieldEvent | DirectorReplyVerdictUnreachedReasonFieldEvent | DirectorReplyListedContentsNameFieldEvent | DirectorReplyListedContentsRootHashFieldEvent | DirectorReplyListedContentsSizeBytesFieldEvent | DirectorReplyListedContentsSourcesFieldEvent | DirectorReplyListedCompleteFieldEvent | DirectorReplyListedSettlingFieldEvent | DirectorReplyListedIndexingFieldEvent> {
    return streamMessage(buf, DirectorReply.codec(), opts)
  }
}

export interface Pass {
  director: string
  id: Uint8Array<ArrayBuffer>
  client: string
  sources: string[]
  relays: string[]
  maxBytes?: number
  issuedAtMs: number
  expiresAtMs: number
}

export namespace Pass {
  let _codec: Codec<Pass>

  export const codec = (): Codec<Pass> => {
    if (_codec == null) {
      _codec = message<Pass>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.director != null && obj.director !== '')) {
          w.uint32(10)
          w.string(obj.director)
        }

        if ((obj.id != null && obj.id.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.id)
        }

        if ((obj.client != null && obj.client !== '')) {
          w.uint32(26)
          w.string(obj.client)
        }

        if (obj.sources != null && obj.sources.length > 0) {
          for (const value of obj.sources) {
            w.uint32(34)
            w.string(value)
          }
        }

        if (obj.relays != null && obj.relays.length > 0) {
          for (const value of obj.relays) {
            w.uint32(42)
            w.string(value)
          }
        }

        if (obj.maxBytes != null) {
          w.uint32(48)
          w.uint64Number(obj.maxBytes)
        }

        if ((obj.issuedAtMs != null && obj.issuedAtMs !== 0)) {
          w.uint32(56)
          w.uint64Number(obj.issuedAtMs)
        }

        if ((obj.expiresAtMs != null && obj.expiresAtMs !== 0)) {
          w.uint32(64)
          w.uint64Number(obj.expiresAtMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          director: '',
          id: uint8ArrayAlloc(0),
          client: '',
          sources: [],
          relays: [],
          issuedAtMs: 0,
          expiresAtMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.director = reader.string()
              break
            }
            case 2: {
              obj.id = reader.bytes()
              break
            }
            case 3: {
              obj.client = reader.string()
              break
            }
            case 4: {
              if (opts.limits?.sources != null && obj.sources.length === opts.limits.sources) {
                throw new MaxLengthError('Decode error - repeated field "sources" had too many elements')
              }

              obj.sources.push(reader.string())
              break
            }
            case 5: {
              if (opts.limits?.relays != null && obj.relays.length === opts.limits.relays) {
                throw new MaxLengthError('Decode error - repeated field "relays" had too many elements')
              }

              obj.relays.push(reader.string())
              break
            }
            case 6: {
              obj.maxBytes = reader.uint64Number()
              break
            }
            case 7: {
              obj.issuedAtMs = reader.uint64Number()
              break
            }
            case 8: {
              obj.expiresAtMs = reader.uint64Number()
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
          sources: 0,
          relays: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.director`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.id`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.client`,
                value: reader.string()
              }
              break
            }
            case 4: {
              if (opts.limits?.sources != null && obj.sources === opts.limits.sources) {
                throw new MaxLengthError('Streaming decode error - repeated field "sources" had too many elements')
              }

              yield {
                field: `${prefix}.sources[]`,
                index: obj.sources,
                value: reader.string()
              }

              obj.sources++

              break
            }
            case 5: {
              if (opts.limits?.relays != null && obj.relays === opts.limits.relays) {
                throw new MaxLengthError('Streaming decode error - repeated field "relays" had too many elements')
              }

              yield {
                field: `${prefix}.relays[]`,
                index: obj.relays,
                value: reader.string()
              }

              obj.relays++

              break
            }
            case 6: {
              yield {
                field: `${prefix}.maxBytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.issuedAtMs`,
                value: reader.uint64Number()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.expiresAtMs`,
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

  export interface PassDirectorFieldEvent {
    field: '$.director'
    value: string
  }

  export interface PassIdFieldEvent {
    field: '$.id'
    value: Uint8Array<ArrayBuffer>
  }

  export interface PassClientFieldEvent {
    field: '$.client'
    value: string
  }

  export interface PassSourcesFieldEvent {
    field: '$.sources[]'
    index: number
    value: string
  }

  export interface PassRelaysFieldEvent {
    field: '$.relays[]'
    index: number
    value: string
  }

  export interface PassMaxBytesFieldEvent {
    field: '$.maxBytes'
    value: number
  }

  export interface PassIssuedAtMsFieldEvent {
    field: '$.issuedAtMs'
    value: number
  }

  export interface PassExpiresAtMsFieldEvent {
    field: '$.expiresAtMs'
    value: number
  }

  export function encode (obj: Partial<Pass>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Pass.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Pass>): Pass {
    return decodeMessage(buf, Pass.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Pass>): Generator<PassDirectorFieldEvent | PassIdFieldEvent | PassClientFieldEvent | PassSourcesFieldEvent | PassRelaysFieldEvent | PassMaxBytesFieldEvent | PassIssuedAtMsFieldEvent | PassExpiresAtMsFieldEvent> {
    return streamMessage(buf, Pass.codec(), opts)
  }
}
