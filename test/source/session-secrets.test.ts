import { describe, expect, it } from 'vitest'
import { SECRET_BYTES } from '../../src/protocol/limits.ts'
import { sessionIdOf } from '../../src/protocol/seal.ts'
import { SOURCE_LIMITS } from '../../src/source/limits.ts'
import { SessionSecrets } from '../../src/source/session-secrets.ts'

const ID = new Uint8Array(16).fill(1)
const SHARED = { client: 'client', cipher: 'aes-256-gcm' } as const

describe('SessionSecrets', () => {
  it('takes each opening of a route once, also of a session that was over in between', () => {
    const secrets = new SessionSecrets(SOURCE_LIMITS)
    secrets.enter(ID, 0).open(0, 5)
    secrets.leave(ID, 10)
    const session = secrets.enter(ID, 20)
    expect(() => session.open(0, 5)).toThrow('opened a second time')
    session.open(0, 6)
    session.open(1, 1)
    secrets.leave(ID, 30)
    expect(() => secrets.enter(ID, 40).open(1, 1)).toThrow('opened a second time')
  })

  it('remembers so many ended sessions, those that ended last', () => {
    const secrets = new SessionSecrets({ ...SOURCE_LIMITS, maxGivenSecrets: 2 })
    const ids = [1, 2, 3].map(fill => new Uint8Array(16).fill(fill))
    for (const id of ids) {
      secrets.enter(id, 0).open(0, 1)
      secrets.leave(id, 0)
    }
    secrets.enter(ids[0]!, 1).open(0, 1)
    expect(() => secrets.enter(ids[1]!, 1).open(0, 1)).toThrow('opened a second time')
    expect(() => secrets.enter(ids[2]!, 1).open(0, 1)).toThrow('opened a second time')
  })

  it('gives a secret to one session, in its time', () => {
    const secrets = new SessionSecrets(SOURCE_LIMITS)
    const [secret, late] = [1, 2].map(fill => new Uint8Array(SECRET_BYTES).fill(fill)) as [
      Uint8Array,
      Uint8Array
    ]
    for (const given of [secret, late]) secrets.give(given, { ...SHARED, secret: given }, 0)
    const id = sessionIdOf(secret)
    expect(secrets.enter(id, 1).shared).toMatchObject({ secret, client: 'client' })
    secrets.leave(id, 2)
    expect(secrets.enter(id, 3).shared).toBeUndefined()
    expect(secrets.enter(sessionIdOf(late), SOURCE_LIMITS.givenSecretMs).shared).toBeUndefined()
  })
})
