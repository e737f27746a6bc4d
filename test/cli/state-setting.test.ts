import { describe, expect, it } from 'vitest'
import { checkCredentials, parseState } from '../../src/cli/state-setting.ts'
import { ConfigurationError, UsageError } from '../../src/errors.ts'

describe('--state', () => {
  it('takes one server or several, with their ports, TLS and who asks', () => {
    expect(parseState('nats://a')).toEqual({ servers: ['a:4222'], tls: false })
    expect(parseState('nats://a:1, nats://[::1]')).toEqual({ servers: ['a:1', '[::1]:4222'], tls: false })
    expect(parseState('tls://me:p%40ss@a,tls://b')).toEqual({
      servers: ['a:4222', 'b:4222'],
      tls: true,
      user: 'me',
      pass: 'p@ss'
    })
    expect(parseState('nats://secret@a')).toMatchObject({ token: 'secret' })
  })

  it.each([
    '',
    'a',
    'a:4222',
    'http://a',
    'nats://',
    'nats://a,',
    'nats://a/b',
    'nats://a:x',
    'tls://a,nats://b'
  ])('refuses %s', text => expect(() => parseState(text)).toThrow(UsageError))

  it('refuses two users, and tells no secret', () => {
    expect(() => parseState('nats://u:1@a,nats://v:2@b')).toThrow(UsageError)
    expect(() => parseState('nats://u:secret@a/b')).toThrow(/^(?!.*secret)/s)
  })

  it('refuses credentials that cannot be read', async () => {
    await expect(checkCredentials('/nowhere/file')).rejects.toThrow(ConfigurationError)
  })
})
