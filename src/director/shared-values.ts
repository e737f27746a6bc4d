import { MalformedMessageError } from '../protocol/malformed-message.ts'
import type { Registration, ToldEntry } from './registry-change.ts'

/** A node as the director tells it to which the node has its stream. */
export interface NodeRow {
  node: Registration
  /** The multiaddr from which the node has come. */
  from: string
  /** The multiaddrs at which that director has found it. */
  reachable: readonly string[]
  draining: boolean
  indexing: boolean
}

/** The round trips that a node has measured, in milliseconds, by peer. */
export type LinksRow = ReadonlyMap<string, number>

/** What a key is of. */
export type SharedKey =
  | { kind: 'director'; director: string }
  | { kind: 'node' | 'links'; director: string; peerId: string }
  | { kind: 'pack'; director: string; peerId: string; pack: number }

/** What a director says that nobody keeps. */
export type SharedWord =
  /** The loads of its nodes, 0 to 1. */
  | { kind: 'loads'; from: string; loads: readonly (readonly [peerId: string, load: number])[] }
  /** A client at this host has complained of a route over these relays. */
  | { kind: 'complained'; from: string; host: string; relays: readonly string[] }

/** The key under which a director gives its signs of life. */
export function directorKey(director: string): string {
  return `director.${director}`
}

export function nodeKey(director: string, peerId: string): string {
  return `node.${director}.${peerId}`
}

export function linksKey(director: string, peerId: string): string {
  return `links.${director}.${peerId}`
}

/** The key of one part of a source's catalog. */
export function packKey(director: string, peerId: string, pack: number): string {
  return `pack.${director}.${peerId}.${pack}`
}

/** Returns undefined for a key of another kind. */
export function readKey(key: string): SharedKey | undefined {
  const [kind, director, peerId, pack, ...rest] = key.split('.')
  if (!director || rest.length > 0) return undefined
  if (kind === 'director' && peerId === undefined) return { kind, director }
  if (!peerId) return undefined
  if ((kind === 'node' || kind === 'links') && pack === undefined) return { kind, director, peerId }
  if (kind === 'pack' && /^\d{1,9}$/.test(pack ?? '')) return { kind, director, peerId, pack: Number(pack) }
  return undefined
}

export function encodeNode(row: NodeRow): Uint8Array {
  return toBytes(row)
}

/** Throws MalformedMessageError, as the other decoders do. */
export function decodeNode(bytes: Uint8Array): NodeRow {
  const row = fromBytes(bytes) as NodeRow
  const { node } = row
  const isNode =
    isRecord(node) &&
    typeof node.peerId === 'string' &&
    (node.role === 'source' || node.role === 'relay') &&
    typeof node.restricted === 'boolean' &&
    typeof node.routeProtocol === 'string' &&
    [node.addresses, node.labels, node.capabilities, node.neighbors ?? []].every(isTexts)
  const isRow = typeof row.from === 'string' && isTexts(row.reachable)
  if (!isNode || !isRow || typeof row.draining !== 'boolean' || typeof row.indexing !== 'boolean')
    throw malformed()
  return row
}

export function encodeLinks(row: LinksRow): Uint8Array {
  return toBytes([...row])
}

export function decodeLinks(bytes: Uint8Array): LinksRow {
  return new Map(pairs(fromBytes(bytes)))
}

/** Records go as base64: as text, half of their characters would take two bytes each. */
export function encodePack(entries: Iterable<ToldEntry>): Uint8Array {
  return toBytes(Array.from(entries, ({ name, rootHash, record }) => [name, rootHash, btoa(record)]))
}

export function decodePack(bytes: Uint8Array): ToldEntry[] {
  const rows = fromBytes(bytes)
  if (!Array.isArray(rows)) throw malformed()
  return rows.map(row => {
    if (!isTexts(row) || row.length !== 3) throw malformed()
    const [name, rootHash, record] = row as [string, string, string]
    try {
      return { name, rootHash, record: atob(record) }
    } catch (error) {
      throw malformed(error)
    }
  })
}

/** Bytes of an entry in a pack, at most. */
export function packedBytes({ name, rootHash, record }: ToldEntry): number {
  return 3 * name.length + rootHash.length + Math.ceil(record.length / 3) * 4 + 16
}

export function encodeWord(word: SharedWord): Uint8Array {
  return toBytes(word)
}

export function decodeWord(bytes: Uint8Array): SharedWord {
  const word = fromBytes(bytes) as SharedWord
  if (typeof word.from !== 'string') throw malformed()
  if (word.kind === 'loads') return { ...word, loads: pairs(word.loads) }
  if (word.kind === 'complained' && typeof word.host === 'string' && isTexts(word.relays)) return word
  throw malformed()
}

function pairs(value: unknown): [string, number][] {
  const isPair = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && Number.isFinite(pair[1])
  if (!Array.isArray(value) || !value.every(isPair)) throw malformed()
  return value
}

function toBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

function fromBytes(bytes: Uint8Array): object {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof value === 'object' && value !== null) return value
  } catch (error) {
    throw malformed(error)
  }
  throw malformed()
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(each => typeof each === 'string')
}

function malformed(cause?: unknown): MalformedMessageError {
  return new MalformedMessageError('a value of the shared state that is none of this version', cause)
}
