import { describe, expect, it } from 'vitest'
import { runCli } from '../../src/cli/main.ts'

describe('a command that there is not', () => {
  it('is answered with the commands of groups that have its name', async () => {
    expect(await complaintOf(['fetch', 'a'])).toBe(
      "anabranch: unknown command 'fetch' (Did you mean client fetch?); see --help\n"
    )
    expect(await complaintOf(['start'])).toContain('director start or source start or relay start?')
    expect(await complaintOf(['ls'])).toContain('client ls?')
  })

  it('is answered with the nearest one where no group has it', async () => {
    expect(await complaintOf(['sorce', 'start'])).toContain('Did you mean source?')
    expect(await complaintOf(['client', 'start'])).not.toContain('relay start')
  })
})

async function complaintOf(args: string[]): Promise<string> {
  let text = ''
  const stderr = { write: (part: string) => (text += part) }
  const code = await runCli('anabranch', args, { stdout: { write: () => true }, stderr, environment: {} })
  expect(code).toBe(2)
  return text
}
