import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace
} from '@opentelemetry/api'
import type { FetchEvent, FetchSummary, RouteProgress } from '../client/fetch-events.ts'
import { AnabranchError } from '../errors.ts'
import { toHex } from '../protocol/bytes.ts'
import type { ContentRecord } from '../protocol/content-record.ts'

interface RouteSpan {
  span: Span
  progress?: RouteProgress
}

/**
 * One fetch as spans of a trace: one for the whole, and below it one for each time that a route was opened. The content is
 * told by its root hash, and not by its name.
 */
export class FetchSpans {
  readonly #tracer: Tracer
  readonly #fetch: Span
  readonly #below: Context
  /** By letter: the routes that are open or being opened. */
  readonly #routes = new Map<string, RouteSpan>()
  #summary: FetchSummary | undefined

  constructor(tracer: Tracer) {
    this.#tracer = tracer
    this.#fetch = tracer.startSpan('fetch', { kind: SpanKind.CLIENT })
    this.#below = trace.setSpan(ROOT_CONTEXT, this.#fetch)
  }

  /** The content is known now. */
  found({ rootHash, sizeBytes, segmentBytes }: ContentRecord): void {
    this.#fetch.setAttributes({
      'anabranch.content.root_hash': toHex(rootHash),
      'anabranch.content.size': sizeBytes,
      'anabranch.content.segment_size': segmentBytes
    })
    this.#fetch.addEvent('found')
  }

  handle(event: FetchEvent): void {
    if (event.event === 'route') this.#onRoute(event)
    else if (event.event === 'progress') this.#onProgress(event.routes)
    else if (event.event === 'done') this.#summary = event
    else if (event.event === 'pattern') {
      const { predicted, actual } = event
      this.#fetch.addEvent('pattern', { 'anabranch.predicted': predicted, 'anabranch.actual': actual })
    } else if (event.event === 'waiting') this.#fetch.addEvent('waiting', { reason: event.reason })
    else if (event.event === 'resumed') this.#fetch.addEvent('resumed')
  }

  /** The fetch is over: with an error if there is one. What ends it first counts. */
  end(error?: unknown): void {
    if (!this.#fetch.isRecording()) return
    for (const [letter, route] of this.#routes) this.#endRoute(letter, route)
    if (this.#summary) {
      const { bytes, longestStallMs, duplicateBytes, wireBytes } = this.#summary
      this.#fetch.setAttributes({
        'anabranch.bytes': bytes,
        'anabranch.longest_stall_ms': longestStallMs,
        'anabranch.duplicate_bytes': duplicateBytes,
        'anabranch.wire_bytes': wireBytes
      })
    }
    if (error !== undefined) {
      const code = error instanceof AnabranchError ? error.code : 'ERR_UNKNOWN'
      this.#fetch.setAttribute('error.type', code)
      this.#fetch.setStatus({ code: SpanStatusCode.ERROR, message: code })
    }
    this.#fetch.end()
  }

  #onRoute({ id, state, relays, source, reason }: Extract<FetchEvent, { event: 'route' }>): void {
    let route = this.#routes.get(id)
    if (!route) {
      if (state === 'lost' || state === 'closed') return
      const attributes = {
        'anabranch.route.letter': id,
        'anabranch.route.relays': relays,
        'anabranch.route.source': source
      }
      route = { span: this.#tracer.startSpan('route', { kind: SpanKind.CLIENT, attributes }, this.#below) }
      this.#routes.set(id, route)
    }
    route.span.addEvent(state, reason === '' ? {} : { reason })
    if (state === 'lost') route.span.setStatus({ code: SpanStatusCode.ERROR, message: reason })
    if (state === 'lost' || state === 'closed') this.#endRoute(id, route)
  }

  #onProgress(routes: Record<string, RouteProgress>): void {
    for (const [id, progress] of Object.entries(routes)) {
      const route = this.#routes.get(id)
      if (route) route.progress = progress
    }
  }

  #endRoute(letter: string, { span, progress }: RouteSpan): void {
    this.#routes.delete(letter)
    const bytes = this.#summary?.routes[letter]?.bytes ?? progress?.bytes
    if (bytes !== undefined) span.setAttribute('anabranch.route.bytes', bytes)
    if (progress) span.setAttribute('anabranch.route.rtt_ms', progress.rttMs)
    span.end()
  }
}
