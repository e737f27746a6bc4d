import { describe, expect, it } from 'vitest'
import { ContentVerdict, verdictOf } from '../../src/client/content-verdict.ts'
import { RouteLostError, WrongRecordError } from '../../src/client/route-errors.ts'
import { ExitCode, WireStatus } from '../../src/errors.ts'

const changed = new RouteLostError('it changed', WireStatus.contentChanged, undefined, '')
const unknown = new RouteLostError('never heard of it', WireStatus.unknownContent, undefined, '')
const lie = new WrongRecordError('signed by another')
const silence = new RouteLostError('no answer')

/** Paths that were offered and tried; each has ended like this. */
function ended(ends: Record<string, Error>): ContentVerdict {
  const verdict = new ContentVerdict()
  for (const path of Object.keys(ends)) verdict.offered(path)
  for (const [path, end] of Object.entries(ends)) {
    verdict.tried(path)
    verdict.closed(path, end)
  }
  return verdict
}

describe('ContentVerdict', () => {
  it('says nothing of a fetch without a path', () => {
    expect(new ContentVerdict().error).toBeUndefined()
  })

  it.each([WireStatus.unknownContent, WireStatus.contentChanged, WireStatus.readFailed, WireStatus.notReady])(
    "takes the source's status %i over every path for true",
    status => {
      const word = new RouteLostError('so it is', status, undefined, '')
      expect(ended({ a: word, b: word }).error).toBe(word)
    }
  )

  it("tells the newest of the source's words", () => {
    expect(ended({ a: unknown, b: changed }).error).toBe(changed)
    const verdict = ended({ a: unknown, b: changed })
    verdict.tried('a')
    verdict.closed('a', unknown)
    expect(verdict.error).toBe(unknown)
  })

  it('waits while a path is in use, or has still to be tried', () => {
    const verdict = ended({ a: changed })
    verdict.offered('b')
    expect(verdict.error).toBeUndefined()
    verdict.tried('b')
    expect(verdict.error).toBeUndefined()
    verdict.closed('b', changed)
    expect(verdict.error).toBe(changed)
  })

  it('waits while a path that said so is tried again', () => {
    const verdict = ended({ a: changed })
    verdict.tried('a')
    expect(verdict.error).toBeUndefined()
  })

  it('does not believe it while a path has ended for another reason', () => {
    expect(ended({ a: changed, b: silence }).error).toBeUndefined()
  })

  it('takes a status that a relay gives in its own name for no word of the source', () => {
    expect(
      ended({ a: new RouteLostError('mine', WireStatus.contentChanged, undefined, 'relay') }).error
    ).toBeUndefined()
  })

  it('takes no other status for a word of the content', () => {
    expect(ended({ a: new RouteLostError('busy', WireStatus.timeout, undefined, '') }).error).toBeUndefined()
  })

  it('does not wait for a path that is withdrawn, unless a route over it goes on', () => {
    const verdict = ended({ a: changed, b: silence })
    verdict.withdrawn('b')
    expect(verdict.error).toBe(changed)
    verdict.offered('c')
    verdict.tried('c')
    verdict.withdrawn('c')
    expect(verdict.error).toBeUndefined()
    verdict.closed('c', silence)
    expect(verdict.error).toBe(changed)
  })

  it('knows what was said over paths that are withdrawn', () => {
    const verdict = ended({ a: changed })
    verdict.withdrawn('a')
    expect(verdict.error).toBe(changed)
  })

  it('is an integrity error where every route came with a wrong record', () => {
    const { error } = ended({ a: lie, b: lie })
    expect(error).toBeInstanceOf(WrongRecordError)
    expect(error).toMatchObject({
      exitCode: ExitCode.integrity,
      message: 'No route has brought the content that was asked for: signed by another'
    })
  })

  it("believes the source's word beside routes that came with a wrong record", () => {
    expect(ended({ a: unknown, b: lie }).error).toBe(unknown)
  })
})

describe('verdictOf', () => {
  it('says nothing of no routes, nor where one failed for another reason', () => {
    expect(verdictOf([])).toBeUndefined()
    expect(verdictOf([lie, silence])).toBeUndefined()
  })
})
