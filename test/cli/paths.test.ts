import { homedir } from 'node:os'
import { expect, it } from 'vitest'
import { defaultConfigFile, defaultHome } from '../../src/cli/paths.ts'

it('follows the XDG directories, and ignores those that are not absolute', () => {
  const environment = { XDG_STATE_HOME: '/state', XDG_CONFIG_HOME: 'relative' }
  expect(defaultHome('relay', environment)).toBe('/state/anabranch/relay')
  expect(defaultConfigFile('relay', environment)).toBe(`${homedir()}/.config/anabranch/relay.yaml`)
})
