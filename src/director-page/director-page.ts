import type { Director } from '../director/director.ts'
import type { DirectorEvent } from '../director/director-event.ts'
import type { HttpAddress } from '../http/server.ts'
import { type PageAnswer, PageServer } from '../pages/page-server.ts'
import { Lately } from './lately.ts'
import { LIVE_PAGE, POLICY } from './page.ts'
import { type PageView, pageView } from './page-view.ts'
import { parseRoutesQuestion } from './routes-question.ts'

export interface DirectorPageOptions {
  director: Pick<Director, 'view' | 'routesFor'>
  /** The director's peer id. */
  peerId: string
  /** What everybody has to give who looks. Default: every user of this host may look. */
  token?: string | undefined
  /** Called with the error that has ended an answer with status 500, or has broken it off. */
  onFailure?: (error: unknown) => void
  /** The time in milliseconds since 1970. Default: Date.now. */
  utcMs?: () => number
}

/** A web page that shows what a director knows, as it changes, and the same as JSON. */
export class DirectorPage {
  readonly #options: DirectorPageOptions
  readonly #utcMs: () => number
  readonly #lately = new Lately()
  readonly #server: PageServer

  constructor(options: DirectorPageOptions) {
    this.#options = options
    this.#utcMs = options.utcMs ?? Date.now
    const { token, onFailure } = options
    this.#server = new PageServer({
      ...{ title: 'Director', html: LIVE_PAGE, policy: POLICY, token, onFailure },
      view: query => this.#view(query.get('find') ?? ''),
      answers: { '/api/routes': query => this.#routes(query) }
    })
  }

  /** Takes what the director tells; `text` says it to people. */
  tell(event: DirectorEvent, text: string): void {
    const utcMs = this.#utcMs()
    this.#lately.tell(event, text, { at: isoOf(utcMs), utcMs })
  }

  /** As PageServer.start. */
  start(address: HttpAddress): Promise<string> {
    return this.#server.start(address)
  }

  /** As PageServer.setToken. */
  setToken(token: string): void {
    this.#server.setToken(token)
  }

  /** Breaks off all answers and stops. */
  stop(): Promise<void> {
    return this.#server.stop()
  }

  #routes(query: string): PageAnswer {
    const question = parseRoutesQuestion(query)
    if (typeof question === 'string') return { fault: question }
    return { value: this.#options.director.routesFor(question) }
  }

  #view(find: string): PageView {
    const { director, peerId } = this.#options
    const nowMs = this.#utcMs()
    return pageView({
      view: director.view(),
      director: peerId,
      gone: this.#lately.gone(nowMs),
      lately: this.#lately.events,
      isoAgo: agoMs => isoOf(nowMs - agoMs),
      find
    })
  }
}

/** The time to the second, in ISO 8601. */
function isoOf(utcMs: number): string {
  return `${new Date(utcMs).toISOString().slice(0, 19)}Z`
}
