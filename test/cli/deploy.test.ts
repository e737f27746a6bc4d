import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runCli } from '../../src/cli/main.ts'

describe('what is in deploy/', () => {
  it.each(['anabranch-relay.service', 'Dockerfile'])(
    '%s starts a relay with flags that there are',
    async file => {
      const [, flags] = /anabranch relay start((?:[^\n]*\\\n)*[^\n]*)/.exec(read(file))!
      const used = flags!.match(/--[a-z-]+/g) ?? []
      expect(used.length).toBeGreaterThan(0)
      const help = await helpOf('relay', 'start')
      for (const flag of used) expect(help).toContain(`${flag} <`)
    }
  )

  it('the unit lets Node list the addresses of the host', () => {
    expect(read('anabranch-relay.service')).toMatch(/^RestrictAddressFamilies=.*\bAF_NETLINK\b/m)
  })
})

function read(file: string): string {
  return readFileSync(new URL(`../../deploy/${file}`, import.meta.url), 'utf8')
}

async function helpOf(...command: string[]): Promise<string> {
  let text = ''
  const sink = { write: (part: string) => (text += part) }
  await runCli('anabranch', [...command, '--help'], { stdout: sink, stderr: sink, environment: {} })
  return text
}
