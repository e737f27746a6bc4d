import { describe, expect, it } from 'vitest'
import { addressFindings } from '../../src/check/address-findings.ts'
import { directorFindings } from '../../src/check/director-findings.ts'
import type { DirectorAddress, DirectorFacts, Finding, HostFacts } from '../../src/check/facts.ts'
import { type HostUse, hostFindings } from '../../src/check/host-findings.ts'
import { exitCodeOf, inOrder } from '../../src/check/outcome.ts'

const IP4 = '/ip4/8.8.4.4/tcp/4001'
const HOME = '/ip4/192.168.1.2/tcp/4003'
const IP6 = '/ip6/2a00::1/tcp/4001'
const answering: DirectorAddress = {
  address: IP4,
  rttMs: 20,
  clockAheadMs: 10,
  observed: '/ip4/9.9.9.9/tcp/4'
}
const silent: DirectorAddress = { address: IP4, problem: 'connection refused' }

function told(findings: Finding[]): string[] {
  return findings.map(({ severity, kind }) => `${severity} ${kind}`)
}

describe('the findings about directors', () => {
  const found: [string, DirectorAddress[][], string[]][] = [
    ['nothing where all answer', [[answering]], []],
    ['one that is dead', [[silent], [answering]], ['warning noDirector']],
    ['that none answers', [[silent], [silent]], ['problem noDirector', 'problem noDirector']],
    [
      'one that does not answer over IPv6',
      [[answering, { ...silent, address: IP6 }]],
      ['warning directorAddress']
    ],
    ['one that refuses', [[{ ...answering, refusal: 'a token is needed' }]], ['problem refused']],
    ['a clock that is behind', [[{ ...answering, clockAheadMs: -90_000 }]], ['warning clock']],
    [
      'no clock that may be right within the round trip',
      [[{ ...answering, clockAheadMs: 5_900, rttMs: 2_000 }]],
      []
    ]
  ]
  it.each(found)('tell %s', (_, directors, findings) => {
    const facts = directors.map((addresses, at) => ({ director: `d${at}`, addresses }))
    expect(told(directorFindings(facts))).toEqual(findings)
  })

  it('say which family of addresses has no way there', () => {
    const facts = [{ director: 'd', addresses: [answering, { ...silent, address: IP6 }] }]
    expect(directorFindings(facts)[0]!.what).toMatch(/answers, but not over IPv6/)
  })
})

describe('the findings about the addresses of a node', () => {
  const at = (address: string, reason = 'no answer') => ({ address, reason })
  const found: [string, DirectorFacts['verdict'], string[], own?: string[]][] = [
    ['nothing where all are reached', { reached: [IP4], unreached: [] }, []],
    ['that some are not reached', { reached: [IP4], unreached: [at(IP6)] }, ['warning unreached']],
    [
      'nothing of a private one beside one that is reached',
      { reached: [IP4], unreached: [at('/ip4/10.0.0.2/tcp/1')] },
      []
    ],
    [
      'an address translation',
      { reached: [], unreached: [at('/ip4/9.9.9.9/tcp/4003'), at(HOME)] },
      ['problem behindNat'],
      [HOME]
    ],
    ['a firewall', { reached: [], unreached: [at('/ip4/9.9.9.9/tcp/4003')] }, ['problem firewall']],
    [
      'a port that is closed',
      { reached: [], unreached: [at('/ip4/9.9.9.9/tcp/4003', 'connection refused')] },
      ['problem closedPort']
    ],
    [
      'an address that is not this host',
      { reached: [], unreached: [at('/ip4/8.8.8.8/tcp/4003')] },
      ['problem unreached']
    ],
    ['that there is no address', { reached: [], unreached: [] }, ['problem noAddress']],
    ['that nothing is known', undefined, ['warning noVerdict']]
  ]
  it.each(found)('tell %s', (_, verdict, findings, own = [IP4]) => {
    const facts = { director: 'd', addresses: [answering], ...(verdict ? { verdict } : {}) }
    expect(told(addressFindings(facts, own))).toEqual(findings)
  })

  it('say which port to forward behind an address translation', () => {
    const verdict = { reached: [], unreached: [at(HOME)] }
    const [finding] = addressFindings({ director: 'd', addresses: [answering], verdict }, [`${HOME}/p2p/x`])
    expect(finding!.remedy).toMatch(
      /^forward TCP port 4003 on the router to this host; .* --announce \/ip4\/9\.9\.9\.9\/tcp\/PORT/
    )
  })

  it('say nothing of a director that does not answer', () => {
    expect(addressFindings({ director: 'd', addresses: [silent] }, [IP4])).toEqual([])
  })
})

describe('the findings about a host', () => {
  const found: [string, HostFacts, HostUse, string[]][] = [
    ['nothing that is not known', {}, { role: 'relay' }, []],
    ['few open files of a relay', { openFiles: 1_024 }, { role: 'relay' }, ['warning openFiles']],
    ['nothing of as many of a client', { openFiles: 1_024 }, { role: 'client' }, []],
    ['slow starts of a source', { slowStartAfterIdle: true }, { role: 'source' }, ['hint slowStart']],
    ['nothing of those of a client', { slowStartAfterIdle: true }, { role: 'client' }, []],
    [
      'congestion control of a relay',
      { congestionControl: 'cubic' },
      { role: 'relay' },
      ['hint congestionControl']
    ],
    ['nothing of bbr', { congestionControl: 'bbr' }, { role: 'relay' }, []],
    [
      'small buffers of a client',
      { receiveBufferBytes: 1_000_000, sendBufferBytes: 1 },
      { role: 'client', underWayBytes: 2_000_000 },
      ['warning socketBuffers']
    ],
    [
      'nothing of buffers that suffice',
      { receiveBufferBytes: 1 },
      { role: 'client' },
      ['warning socketBuffers'].slice(1)
    ]
  ]
  it.each(found)('tell %s', (_, host, use, findings) => {
    expect(told(hostFindings(host, use))).toEqual(findings)
  })
})

describe('the outcome of a check', () => {
  const finding = (severity: Finding['severity'], kind = 'x') => ({ severity, kind, what: 'w', remedy: 'r' })
  it.each([
    [0, []],
    [0, [finding('warning', 'noDirector'), finding('hint')]],
    [1, [finding('problem')]],
    [5, [finding('problem'), finding('problem', 'noRoute')]],
    [5, [finding('problem', 'noDirector')]]
  ])('is %i', (code, findings) => {
    expect(exitCodeOf(findings)).toBe(code)
  })

  it('begins with what is most serious', () => {
    const findings = [finding('hint'), finding('problem'), finding('warning')]
    expect(inOrder(findings).map(({ severity }) => severity)).toEqual(['problem', 'warning', 'hint'])
  })
})
