import { describe, expect, it } from 'vitest'
import { namePattern } from '../../src/library/name-pattern.ts'

const NAMES = ['a.gz', 'logs/a.gz', 'logs/b.txt', 'logs/old/c.gz', 'logs/.hidden.gz', 'logs[1]/d.gz']
const fitting = (text: string) => NAMES.filter(name => namePattern(text)!.fits(name))

describe('a pattern of names', () => {
  it('has no control characters', () => {
    expect(() => namePattern('a\u001b[2Jb*')).toThrow('control character')
  })

  it('is no plain name', () => {
    for (const name of ['a', 'films/a.mkv', 'a!b', 'a+b', '(a)', 'ü 1']) {
      expect(namePattern(name)).toBeUndefined()
    }
  })

  it('with a slash at its end stands for all that is below the directory', () => {
    expect(fitting('logs/')).toEqual(['logs/a.gz', 'logs/b.txt', 'logs/old/c.gz', 'logs/.hidden.gz'])
    expect(namePattern('logs/')!.prefix).toBe('logs/')
  })

  it('fits as in a shell', () => {
    expect(fitting('*.gz')).toEqual(['a.gz'])
    expect(fitting('logs/*.gz')).toEqual(['logs/a.gz'])
    expect(fitting('logs/{a,b}.*')).toEqual(['logs/a.gz', 'logs/b.txt'])
    expect(fitting('**/*.gz')).toEqual(['a.gz', 'logs/a.gz', 'logs/old/c.gz', 'logs[1]/d.gz'])
    expect(fitting('logs/*/')).toEqual(['logs/old/c.gz'])
    expect(fitting('logs/!(a)*')).toEqual(['logs/b.txt'])
  })

  it('fits the content that has it as its name', () => {
    expect(fitting('logs[1]/d.gz')).toEqual(['logs[1]/d.gz'])
  })

  it('has as its prefix what stands before its first sign', () => {
    expect(namePattern('logs/a*.gz')!.prefix).toBe('logs/a')
    expect(namePattern('**')!.prefix).toBe('')
    expect(namePattern('a!(b)')!.prefix).toBe('a')
  })
})
