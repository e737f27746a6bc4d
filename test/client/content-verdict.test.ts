import { describe, expect, it } from 'vitest'
import { provenVerdictOf, verdictOf } from '../../src/client/content-verdict.ts'
import { RouteLostError, WrongRecordError } from '../../src/client/route-errors.ts'
import { ExitCode, WireStatus } from '../../src/errors.ts'

const { unknownContent, contentChanged, readFailed, notReady } = WireStatus
const sourceSays = (status: number) =>
  new RouteLostError('so it is', status, undefined, { sourceWord: 'claimed' })
const changed = sourceSays(contentChanged)
const lie = new WrongRecordError('signed by another')
const silence = new RouteLostError('no answer')
const early = { hasOpened: false }
const later = { hasOpened: true }

describe('verdictOf', () => {
  it('says nothing where there is no path', () => {
    expect(verdictOf([], early)).toBeUndefined()
  })

  it.each([unknownContent, contentChanged, readFailed, notReady])(
    "takes the source's status %i over every path for true",
    status => {
      const word = sourceSays(status)
      expect(verdictOf([word, sourceSays(status)], early)).toBe(word)
    }
  )

  it('waits for a source that starts anew, or hashes the file again', () => {
    expect(verdictOf([sourceSays(notReady)], later)).toBeUndefined()
  })

  it.each([unknownContent, contentChanged, readFailed])(
    'believes status %i also after a route was open',
    status => {
      expect(verdictOf([sourceSays(status)], later)).toMatchObject({ wireStatus: status })
    }
  )

  it('waits while a path has still to be tried', () => {
    expect(verdictOf([changed, undefined], early)).toBeUndefined()
  })

  it('does not believe it while a path has ended for another reason', () => {
    expect(verdictOf([changed, silence], early)).toBeUndefined()
    expect(verdictOf([lie, silence], early)).toBeUndefined()
  })

  it('takes a status that a relay gives in its own name for no word of the source', () => {
    const word = new RouteLostError('mine', contentChanged)
    expect(verdictOf([word], early)).toBeUndefined()
  })

  it('believes at once what the source has proven, whatever became of other paths', () => {
    const word = new RouteLostError('so it is', contentChanged, undefined, { sourceWord: 'proven' })
    expect(provenVerdictOf([silence, word, undefined], later)).toBe(word)
    expect(verdictOf([silence, word], early)).toBe(word)
    expect(provenVerdictOf([changed], later)).toBeUndefined()
  })

  it('takes no other status for a word of the content', () => {
    expect(verdictOf([sourceSays(WireStatus.timeout)], early)).toBeUndefined()
  })

  it('is an integrity error where every route came with a wrong record', () => {
    const error = verdictOf([lie, lie], early)
    expect(error).toBeInstanceOf(WrongRecordError)
    expect(error).toMatchObject({
      exitCode: ExitCode.integrity,
      message: 'No route has brought the content that was asked for: signed by another'
    })
  })

  it("believes the source's word beside routes that came with a wrong record", () => {
    expect(verdictOf([lie, changed, lie], early)).toBe(changed)
  })
})
