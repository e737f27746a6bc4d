import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExitCode, WireStatus } from '../../src/errors.ts'
import { baseName, InvalidContentNameError, parseContentName } from '../../src/protocol/content-name.ts'

describe('content name', () => {
  it.each(['a', 'a.txt', 'dir/sub/b.bin', '...', '..a/.b', 'été/日本/🎬.mkv', ' leading space', 'a:b*c?'])(
    'accepts %j',
    name => {
      expect(parseContentName(name)).toBe(name)
    }
  )

  it.each([
    ['', 'is empty'],
    ['/etc/passwd', 'is an absolute path'],
    ['..', "has a part '.' or '..'"],
    ['a/../../b', "has a part '.' or '..'"],
    ['./a', "has a part '.' or '..'"],
    ['a//b', 'has an empty part'],
    ['a/', 'has an empty part'],
    ['a\\b', 'has a backslash'],
    ['a\nb', 'has a control character'],
    ['a\u0000b', 'has a control character'],
    ['a\u001b[2Jb', 'has a control character'],
    ['a\u007fb', 'has a control character'],
    ['a\u009bb', 'has a control character'],
    ['e\u0301', 'is not in Unicode normal form NFC'],
    ['a\ud800', 'is not well-formed Unicode'],
    ['x'.repeat(1025), 'is longer than 1024 bytes'],
    ['é'.repeat(513), 'is longer than 1024 bytes']
  ])('refuses %j: it %s', (name, reason) => {
    let caught: unknown
    try {
      parseContentName(name)
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(InvalidContentNameError)
    expect(caught).toMatchObject({
      code: 'ERR_CONTENT_NAME',
      reason,
      exitCode: ExitCode.usage,
      wireStatus: WireStatus.invalidRequest
    })
  })

  it('never puts a control or format character into the message', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), text => {
        try {
          parseContentName(`/${text}`)
        } catch (error) {
          expect((error as Error).message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        }
      })
    )
  })

  it('takes the last part as base name', () => {
    expect(baseName('a/b/c.bin')).toBe('c.bin')
    expect(baseName('c.bin')).toBe('c.bin')
  })
})
