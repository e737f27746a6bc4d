import { describe, expect, it } from 'vitest'
import {
  type AccessRules,
  admit,
  type Guest,
  isStillAdmitted,
  mayRegister,
  type NotAdmittedError,
  sharedToken
} from '../../src/director/access.ts'
import { ExitCode, WireStatus } from '../../src/errors.ts'

const TOKEN = 'a-token-that-nobody-guesses'
const RULES: AccessRules = {
  source: [
    { name: 'studio', fits: { token: TOKEN }, names: ['films/*', 'index.html'] },
    { name: 'house', fits: { peers: ['anna', 'bert'] } },
    { name: 'everybody', fits: 'any', names: [] }
  ],
  relay: [{ name: 'own', fits: { peers: ['anna'] } }]
}

function guest(party: Guest['party'], peerId: string, token?: string): Guest {
  return { party, peerId, ...(token === undefined ? {} : { token }) }
}

function refusalOf(access: AccessRules, who: Guest): NotAdmittedError {
  try {
    admit(access, who)
  } catch (error) {
    return error as NotAdmittedError
  }
  throw new Error('it was let in')
}

describe('the access rules of a director', () => {
  it('let everybody in, vouched for by nobody, where a party has none', () => {
    expect(admit(RULES, guest('client', 'anybody'))).toEqual({})
    expect(admit({}, guest('source', 'anybody', TOKEN))).toEqual({})
  })

  it('go by the first rule that fits: by the token that was given, by the peer id, or for everybody', () => {
    expect(admit(RULES, guest('source', 'anna', TOKEN)).vouchedBy).toBe('studio')
    expect(admit(RULES, guest('source', 'anna'))).toEqual({ vouchedBy: 'house' })
    expect(admit(RULES, guest('source', 'carl', `${TOKEN}x`)).vouchedBy).toBe('everybody')
  })

  it('refuse whom none fits, with the advice that can help', () => {
    const bert = guest('relay', 'bert', TOKEN)
    expect(refusalOf(RULES, bert)).toMatchObject({
      exitCode: ExitCode.refused,
      wireStatus: WireStatus.notAdmitted,
      message: 'it admits no such relay: ask its operator to list the peer id bert'
    })
    const shared = sharedToken(TOKEN)
    expect(refusalOf(shared, guest('client', 'anna')).message).toMatch(/give its token/)
    expect(refusalOf(shared, guest('client', 'anna', 'another')).message).toMatch(/is not one of its tokens/)
    const listed = { client: RULES.relay! }
    expect(refusalOf(listed, guest('client', 'bert')).message).toMatch(/peer id bert, which a home keeps$/)
    expect(refusalOf({ relay: [] }, bert).message).toMatch(/use another director$/)
  })

  it('never show a token in a refusal', () => {
    const { message } = refusalOf(sharedToken(TOKEN), guest('relay', 'bert', 'the-wrong-one'))
    expect(message).not.toMatch(/the-wrong-one|nobody-guesses/)
  })

  it('take one shared token of every party', () => {
    for (const party of ['source', 'relay', 'client'] as const) {
      expect(admit(sharedToken(TOKEN), guest(party, 'anna', TOKEN))).toEqual({ vouchedBy: 'token' })
    }
  })

  it('let a source register the names of its rule, whole or by how they begin', () => {
    const studio = admit(RULES, guest('source', 'carl', TOKEN))
    const names = ['films/a.mkv', 'films/b/c.mkv', 'index.html', 'films', 'index.html.bak', 'music/a.mp3']
    expect(names.filter(name => mayRegister(studio, name))).toEqual([
      'films/a.mkv',
      'films/b/c.mkv',
      'index.html'
    ])
    expect(names.every(name => mayRegister(admit(RULES, guest('source', 'anna')), name))).toBe(true)
    expect(names.some(name => mayRegister(admit(RULES, guest('source', 'carl')), name))).toBe(false)
  })

  it('let somebody in on the same terms only while rule and names stay', () => {
    const who = guest('source', 'anna', TOKEN)
    const admitted = { guest: who, admission: admit(RULES, who) }
    expect(isStillAdmitted(RULES, admitted)).toBe(true)
    const [studio, ...others] = RULES.source!
    expect(isStillAdmitted({ source: [{ ...studio!, names: ['*'] }] }, admitted)).toBe(false)
    expect(isStillAdmitted({ source: others }, admitted)).toBe(false)
    expect(isStillAdmitted({ source: [] }, admitted)).toBe(false)
    expect(isStillAdmitted({}, admitted)).toBe(false)
  })
})
