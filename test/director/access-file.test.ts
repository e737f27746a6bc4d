import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadAccess, parseAccess } from '../../src/director/access-file.ts'
import { ConfigurationError } from '../../src/errors.ts'

const PEER = '12D3KooWRndVhVZPCiQwHBBBdg769GyrPUW13zxwqQyf9r3ANaba'
const TOKEN = '0123456789abcdef'

describe('a file of access rules', () => {
  it('gives the rules of each party in their order', () => {
    const text = `
sources:
  studio: { token: "${TOKEN}", names: [films/*, index.html] }
  everybody: { peers: [any], names: ['*'] }
relays:
  own: { peers: [${PEER}] }
`
    expect(parseAccess(text, 'access.yaml')).toEqual({
      source: [
        { name: 'studio', fits: { token: TOKEN }, names: ['films/*', 'index.html'] },
        { name: 'everybody', fits: 'any', names: ['*'] }
      ],
      relay: [{ name: 'own', fits: { peers: [PEER] } }]
    })
  })

  it('may be the example of the documentation', () => {
    const page = readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8')
    const example = /\n( {4}# Tokens stand[\s\S]*?)\n\n(?! {4})/.exec(page)![1]!
    const { source, relay, client } = parseAccess(example, 'access.yaml')
    expect([source, relay].map(rules => rules!.map(({ name }) => name))).toEqual([
      ['studio', 'everybody'],
      ['berlin', 'partners']
    ])
    expect(client).toBeUndefined()
  })

  it('closes a party whose rules fit nobody', () => {
    expect(parseAccess('clients: {}\n', 'access.yaml')).toEqual({ client: [] })
    expect(parseAccess('clients: { none: { peers: [] } }\n', 'access.yaml')).toEqual({
      client: [{ name: 'none', fits: { peers: [] } }]
    })
  })

  it.each([
    ['', 'a.yaml:1:1: must have rules for sources, relays or clients'],
    ['relay: {}\n', 'a.yaml:1:1: relay is not a key that belongs here'],
    ['relays:\n', 'a.yaml:1:8: relays must be rules, each under a name of its own; leave the key out'],
    ['relays:\n  own:\n', 'a.yaml:2:7: relays.own must have a token or peers'],
    ['relays:\n  own: {}\n', 'a.yaml:2:8: relays.own needs either a token or peers'],
    [
      `relays:\n  own: { token: "${TOKEN}", peers: [any] }\n`,
      'a.yaml:2:8: relays.own needs either a token or peers'
    ],
    ['relays:\n  own:\n    token: short\n', 'a.yaml:3:12: relays.own.token must be 16 to 256 characters'],
    [
      'relays:\n  own:\n    token: 1234567890123456\n',
      'a.yaml:3:12: relays.own.token must be text; put it into quotes'
    ],
    ['relays:\n  own:\n    peers: any\n', 'a.yaml:3:12: relays.own.peers must be a list of peer ids'],
    ['relays:\n  own:\n    peers:\n      - bob\n', "a.yaml:4:9: relays.own.peers.0 'bob' is no peer id"],
    ['relays:\n  own: { peers: [any], names: [a] }\n', 'relays.own.names is not a key that belongs here'],
    ['relays:\n  1: { peers: [any] }\n', 'a.yaml:2:6: relays.1 is no name of a rule'],
    ['sources:\n  s: { peers: [any], names: [/a] }\n', "sources.s.names.0 '/a' is an absolute path"],
    ['sources:\n  s: { peers: [any], names: [a/*/b] }\n', "'a/*/b' has a '*' that is not at its end"],
    ['sources:\n  s: { peers: [any], names: films/* }\n', 'sources.s.names must be a list of content names']
  ])('%j is refused with its place', (text, message) => {
    expect(() => parseAccess(text, 'a.yaml')).toThrow(ConfigurationError)
    expect(() => parseAccess(text, 'a.yaml')).toThrow(message)
  })

  it('that cannot be read is refused with its name', async () => {
    await expect(loadAccess('/nowhere/access.yaml')).rejects.toThrow(
      'Cannot read the access rules /nowhere/access.yaml (ENOENT)'
    )
  })
})
