import { describe, expect, it } from 'vitest'
import { strangeVariables } from '../../src/cli/strange-variables.ts'

const FLAGS = ['--director', '--max-rate', '--home']

describe('strange variables', () => {
  it('are those with the names of settings that no command has', () => {
    const environment = {
      ANABRANCH_DIRECTR: 'a',
      ANABRANCH_MAX_RATE: '4mbit',
      ANABRANCH_ELEPHANTS: '1',
      ANABRANCH_TOKEN: 'x',
      ANABRANCH_FAILPOINTS: 'y',
      PATH: '/bin'
    }
    expect(strangeVariables(environment, FLAGS)).toEqual([
      'ANABRANCH_DIRECTR is no variable of this program; did you mean ANABRANCH_DIRECTOR?',
      'ANABRANCH_ELEPHANTS is no variable of this program'
    ])
  })

  it('are not those that are set to nothing', () => {
    expect(strangeVariables({ ANABRANCH_DIRECTR: ' ' }, FLAGS)).toEqual([])
  })
})
