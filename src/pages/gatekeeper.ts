import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isForeignPage, isOwnHost } from '../http/host-check.ts'
import { splitTarget } from '../http/request-target.ts'

/** Why a request is not answered, as a status and a text for people. */
export interface Refused {
  status: 401 | 403 | 421
  message: string
}

/**
 * Decides who may look at a node's page: with a token, whoever has it; without one, every user of
 * this host, but no page that a browser has from elsewhere.
 */
export class Gatekeeper {
  readonly #token: string | undefined

  constructor(token: string | undefined) {
    this.#token = token
  }

  /** Returns why a request is refused; undefined where it is not. */
  refusalOf({ headers, headersDistinct, url = '' }: IncomingMessage): Refused | undefined {
    const { origin, 'sec-fetch-site': site, 'sec-fetch-dest': destination } = headers
    if (isForeignPage({ site, destination, origin }, []))
      return { status: 403, message: 'this page is not for pages of other sites' }
    if (this.#token !== undefined) {
      if (this.#isGiven(headers)) return undefined
      return { status: 401, message: 'give the token: Authorization: Bearer TOKEN' }
    }
    const hosts = [splitTarget(url).authority, ...(headersDistinct.host ?? [])].filter(
      host => host !== undefined
    )
    if (hosts.every(host => isOwnHost(host, []))) return undefined
    return {
      status: 421,
      message: 'without a token this page is answered under localhost or an IP address only'
    }
  }

  /** Returns the cookie that lets a browser in which has given this token; undefined where that is wrong. */
  cookieFor(given: string): string | undefined {
    if (this.#token === undefined || !isSame(given, this.#token)) return undefined
    return `${cookieOf(passOf(this.#token))}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000`
  }

  #isGiven({ authorization = '', cookie = '' }: IncomingMessage['headers']): boolean {
    const [, bearer] = /^bearer +(\S+)$/i.exec(authorization) ?? []
    if (bearer !== undefined) return isSame(bearer, this.#token!)
    const cookies = cookie.split(/; */)
    const wanted = cookieOf(passOf(this.#token!))
    return cookies.some(each => isSame(each, wanted))
  }
}

/** What stands for the token in a browser: who finds it there does not know the token. */
function passOf(token: string): string {
  return createHash('sha256').update(`anabranch page ${token}`).digest('hex')
}

/** Browsers have one store of cookies for all ports of a host: pages with other tokens have cookies of other names. */
function cookieOf(pass: string): string {
  return `anabranch_${pass.slice(0, 8)}=${pass}`
}

/** Takes as long whether the texts differ early or late. */
function isSame(a: string, b: string): boolean {
  const digestOf = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digestOf(a), digestOf(b))
}
