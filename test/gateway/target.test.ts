import { describe, expect, it } from 'vitest'
import { RequestTargetError, UnknownPathError } from '../../src/gateway/refusals.ts'
import { parseGatewayTarget, pathTo } from '../../src/gateway/target.ts'
import { splitTarget } from '../../src/http/request-target.ts'
import { TICKET_TEXT } from './ticket.ts'

const ID = 'ab'.repeat(32)
const parse = (target: string) => parseGatewayTarget(splitTarget(target))
const content = (reference: object) => ({ kind: 'content', reference, presentation: { isDownload: false } })

describe('a path', () => {
  it('leads to a content by its name, its id or a ticket, or to a folder', () => {
    expect(parse('/a%20b/%C3%A4.mkv')).toEqual(content({ name: 'a b/ä.mkv' }))
    expect(parse(`/id/${ID.toUpperCase()}`)).toEqual(content({ id: ID }))
    expect(parse(`/ticket/${TICKET_TEXT}`)).toEqual(content({ ticket: TICKET_TEXT }))
    expect(parse('/')).toEqual({ kind: 'folder', prefix: '' })
    expect(parse('/.anabranch/events')).toEqual({ kind: 'activity' })
    expect(parse('/a%20b/')).toEqual({ kind: 'folder', prefix: 'a b/' })
    expect(parse('http://host/a')).toEqual(content({ name: 'a' }))
    expect(parse('http://host')).toEqual({ kind: 'folder', prefix: '' })
  })

  it('takes a name for its normal form, as the command line does', () => {
    expect(parse('/a%CC%88')).toEqual(content({ name: 'ä' }))
  })

  it('is refused where it stands for no name', () => {
    const wrong = [
      '//a',
      '/a//b',
      '/a//',
      '/./a',
      '/a/..',
      '/%2e%2e/a',
      '/a%5Cb',
      '/a%00',
      '/%FF',
      '/%',
      'a',
      '*',
      ''
    ]
    for (const path of [...wrong, `/${'a'.repeat(1025)}`])
      expect(() => parse(path)).toThrow(RequestTargetError)
  })

  it('never has a mistyped id or ticket taken for a name, which a director would be told', () => {
    const wrong = [
      '/id/',
      '/id/x',
      `/id/${ID}/`,
      `/id/${ID}0`,
      '/ticket/',
      `/ticket/${TICKET_TEXT.slice(0, -3)}`
    ]
    for (const path of wrong) expect(() => parse(path)).toThrow(RequestTargetError)
  })

  it('leads nowhere below the prefix of the gateway itself', () => {
    for (const path of ['/.anabranch/', '/.anabranch/events/', '/.anabranch/namex'])
      expect(() => parse(path)).toThrow(UnknownPathError)
  })
})

describe('the path to a name', () => {
  it('leads back to the name, whatever it is', () => {
    const names = [
      'a',
      'a b/ä?#%.mkv',
      'id/x',
      'id',
      `ticket/${TICKET_TEXT}`,
      '.anabranch/name/x',
      '.anabranch',
      '+&"'
    ]
    for (const name of names) expect([name, parse(pathTo(name))]).toEqual([name, content({ name })])
    for (const prefix of ['a/', 'id/', 'ticket/b/', '.anabranch/'])
      expect(parse(pathTo(prefix))).toEqual({ kind: 'folder', prefix })
  })
})

describe('a query', () => {
  const presentation = (query: string) => (parse(`/a?${query}`) as { presentation: object }).presentation

  it('says how the content is handed out', () => {
    expect(presentation('filename=b%20c.txt&download=1&latency=1.5s&x=y')).toEqual({
      fileName: 'b c.txt',
      isDownload: true,
      latencyMs: 1500
    })
    expect(presentation('download=0')).toEqual({ isDownload: false })
  })

  it('is refused where it makes no sense', () => {
    for (const query of ['filename=', 'filename=a/b', 'filename=%00', 'latency=5', 'latency='])
      expect(() => presentation(query)).toThrow(RequestTargetError)
  })
})
