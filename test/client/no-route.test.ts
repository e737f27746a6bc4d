import { describe, expect, it } from 'vitest'
import { noRouteError } from '../../src/client/no-route.ts'
import { RouteLostError } from '../../src/client/route-errors.ts'
import { ExitCode, WireStatus } from '../../src/errors.ts'
import { UnreachableError } from '../../src/transport/failure-reasons.ts'

const ADDRESS = '/ip4/10.0.0.1/tcp/4003'

function ended(wireStatus: number, retryAfterMs?: number): RouteLostError {
  return new RouteLostError('x', wireStatus, undefined, { retryAfterMs })
}

function undialled(code: string): RouteLostError {
  const error = Object.assign(new Error(code), { code })
  return new RouteLostError('x', undefined, new UnreachableError([{ address: ADDRESS, error }]))
}

describe('what is told of a fetch without a route', () => {
  it.each([
    ['the own network is down', [undialled('ENETUNREACH')], "check this host's network"],
    ['this host has no files left', [undialled('EMFILE')], 'a higher limit of open files'],
    ['no relay answers', [undialled('ECONNREFUSED'), undialled('ETIMEDOUT')], 'can be reached from here'],
    ['no relay reaches the source', [ended(WireStatus.nextHopUnreachable)], 'do not reach the source'],
    ['paths fail for several reasons', [undialled('ECONNREFUSED'), ended(400)], 'the source and the relays'],
    ['a path was not tried', [undialled('EMFILE'), undefined], 'the source and the relays'],
    ['there is no path', [], 'the source and the relays']
  ])('where %s says what to check', (_, ends, advice) => {
    const error = noRouteError('all are lost', ends)
    expect(error).toMatchObject({ code: 'ERR_NO_ROUTE', exitCode: ExitCode.network })
    expect(error.message).toContain('all are lost')
    expect(error.message).toContain(advice)
  })

  it('says when to try again where all relays refuse for now', () => {
    const refused = [ended(WireStatus.refusedSessions), ended(WireStatus.allowanceUsed, 3_600_000)]
    const error = noRouteError('the relay is full', refused)
    expect(error).toMatchObject({ code: 'ERR_ROUTES_REFUSED', exitCode: ExitCode.refused })
    expect(error.message).toBe('Refused: the relay is full; try again in 60 min')
    expect(noRouteError('full', [refused[0]]).message).toContain('try again when others have finished')
  })

  it('does not say so where trying again cannot help', () => {
    expect(noRouteError('not you', [ended(WireStatus.notServed)]).message).toBe('Refused: not you')
  })
})
