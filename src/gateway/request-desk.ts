import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { failureOf, isOwnFault } from './failure.ts'
import { GATEWAY_LIMITS } from './limits.ts'
import type { GatewayMeter } from './meter.ts'
import { answerFailure } from './short-answers.ts'
import { Turns } from './turns.ts'

/**
 * Answers one request; the signal is aborted when nobody waits for the answer any more. What it
 * throws decides the answer where none has begun, and breaks off one that has.
 */
export type Answerer = (
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal
) => Promise<void>

/** Has every request answered: in its turn, until its reader goes, and with what went wrong. */
export class RequestDesk {
  readonly #onFailure: ((error: unknown) => void) | undefined
  readonly #meter: GatewayMeter | undefined
  readonly #turns = new Turns<Socket>()

  /** Both are as of GatewayOptions. */
  constructor({ onFailure, meter }: { onFailure?: (error: unknown) => void; meter?: GatewayMeter }) {
    this.#onFailure = onFailure
    this.#meter = meter
  }

  /** Requests that were sent without waiting for answers are answered one after the other. */
  async take(request: IncomingMessage, response: ServerResponse, answer: Answerer): Promise<void> {
    const { socket } = request
    if (this.#turns.waiting(socket) > GATEWAY_LIMITS.maxWaitingRequests) socket.destroy()
    else await this.#turns.take(socket, () => this.#handle(request, response, answer))
  }

  async #handle(request: IncomingMessage, response: ServerResponse, answer: Answerer): Promise<void> {
    const { socket } = request
    if (socket.destroyed) return
    const ended = new AbortController()
    const end = () => ended.abort()
    const counted = this.#meter?.begin(request, response)
    socket.once('close', end)
    // A silent connection is the reader's fault only where something waits for the reader.
    response.setTimeout(GATEWAY_LIMITS.stalledReaderMs, () => {
      if (socket.writableLength > 0) socket.destroy()
    })
    try {
      await answer(request, response, ended.signal)
    } catch (error) {
      // Whoever has gone need not be told, and what then fails is no failure.
      if (!ended.signal.aborted) this.#fail(request, response, error)
    } finally {
      socket.off('close', end)
      end()
      counted?.()
    }
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const failure = failureOf(error)
    if (response.headersSent || isOwnFault(failure)) this.#onFailure?.(error)
    if (response.headersSent) request.socket.destroy()
    else answerFailure(request, response, failure)
  }
}
