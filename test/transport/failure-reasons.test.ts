import { describe, expect, it } from 'vitest'
import { NoAnswerError } from '../../src/transport/dial-race.ts'
import { reasonOf, UnreachableError } from '../../src/transport/failure-reasons.ts'

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code} 10.0.0.1:4003`), { code })
}

function named(name: string, message = ''): Error {
  return Object.assign(new Error(message), { name })
}

describe('the reason of a failure', () => {
  it.each([
    [systemError('ECONNREFUSED'), 'connection refused'],
    [systemError('EHOSTUNREACH'), 'no route to host'],
    [systemError('ENETUNREACH'), 'this host has no route there'],
    [systemError('EMFILE'), 'too many open files'],
    [new Error('connection error 10.0.0.1:4003: connect ETIMEDOUT'), 'no answer'],
    [new NoAnswerError(6_000), 'no answer'],
    [
      named('EncryptionFailedError', 'Payload identity key a does not match expected'),
      'another peer answers there'
    ],
    [named('EncryptionFailedError', 'Encryption failed'), 'it broke the handshake off'],
    [named('UnsupportedProtocolError'), 'it speaks another version of the protocol'],
    [new AggregateError([systemError('ECONNREFUSED')]), 'connection refused'],
    [undefined, 'the other side closed it'],
    [new Error('something else'), 'something else']
  ])('%s is told as %j', (error, reason) => {
    expect(reasonOf(error)).toBe(reason)
  })

  it('of a dial names the addresses, as many as can be read', () => {
    const failures = [1, 2, 3, 4, 5, 6].map(port => ({
      address: `/ip4/10.0.0.1/tcp/${port}/p2p/me`,
      error: systemError('ECONNREFUSED')
    }))
    expect(new UnreachableError(failures.slice(0, 2)).message).toBe(
      '/ip4/10.0.0.1/tcp/1 (connection refused), /ip4/10.0.0.1/tcp/2 (connection refused)'
    )
    expect(new UnreachableError(failures).message).toMatch(/tcp\/4 \(connection refused\), 2 more$/)
  })

  it('of a dial says what this host lacks where every address fails for that', () => {
    const failures = (...codes: string[]) =>
      codes.map(code => ({ address: '/ip4/10.0.0.1/tcp/1', error: systemError(code) }))
    expect(new UnreachableError(failures('ENETUNREACH', 'ENETUNREACH')).lacks).toBe('network')
    expect(new UnreachableError(failures('EMFILE')).lacks).toBe('files')
    expect(new UnreachableError(failures('ENETUNREACH', 'ECONNREFUSED')).lacks).toBeUndefined()
  })
})
