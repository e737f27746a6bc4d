import { describe, expect, it } from 'vitest'
import { Remembered } from '../../src/protocol/remembered.ts'

function set(least: number) {
  const made: string[] = []
  const remembered = new Remembered<number>(least)
  const of = (text: string) =>
    remembered.of(text, each => {
      made.push(each)
      return Number(each)
    })
  return { made, of }
}

describe('Remembered', () => {
  it('makes the same once', () => {
    const { made, of } = set(2)
    expect(['7', '8', '7', '8', '7'].map(of)).toEqual([7, 8, 7, 8, 7])
    expect(made).toEqual(['7', '8'])
  })

  it('keeps what is asked for while others come, and forgets what is not', () => {
    const { made, of } = set(4)
    of('0')
    for (let at = 1; at < 100; at++) {
      of(String(at))
      of('0')
    }
    expect(made.filter(each => each === '0')).toHaveLength(1)
    of('1')
    expect(made.filter(each => each === '1')).toHaveLength(2)
  })

  it('tries again what could not be made', () => {
    const remembered = new Remembered<number>(4)
    const fail = () => {
      throw new Error('no')
    }
    expect(() => remembered.of('a', fail)).toThrow('no')
    expect(remembered.of('a', () => 1)).toBe(1)
  })
})
