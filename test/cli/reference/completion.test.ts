import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCli } from '../../../src/cli/main.ts'

describe('the script that completes the commands', () => {
  it('gives bash commands, and flags behind a dash', async () => {
    const complete = (words: string[]) =>
      run('bash', [
        '-c',
        `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _anabranch "$1"; echo "\${COMPREPLY[@]}"`,
        ...words
      ])
    const file = await script('bash')
    expect(complete([file, 'anabranch', 'cl'])).toEqual('client')
    expect(complete([file, 'anabranch', 'client', 'fe'])).toEqual('fetch')
    expect(complete([file, '/usr/bin/client', 'fe'])).toEqual('fetch')
    expect(complete([file, '/usr/bin/client', 'l'])).toEqual('list ls')
    expect(complete([file, 'anabranch', 'client', 'ls', '--dir'])).toEqual('--director')
    expect(complete([file, 'relay', 'start', '--director', 'x', '--max-r'])).toEqual(
      '--max-rate --max-rate-per-session'
    )
    expect(complete([file, 'anabranch', 'client', 'fetch', '--policy', 'r'])).toEqual('round-robin redundant')
    expect(complete([file, 'anabranch', 'lab', 'simulate', '--policy', 'e'])).toEqual('ecf')
  })

  it('gives fish the same, with what they mean', async () => {
    const file = await script('fish')
    const complete = (line: string) =>
      run('fish', ['-c', `source ${file}; complete -C "${line}"`]).split('\n')
    expect(complete('anabranch client fe')).toEqual([expect.stringMatching(/^fetch\tfetch contents/)])
    expect(complete('client ls --dir')).toEqual([expect.stringMatching(/^--director\t/)])
    expect(complete('relay start --max-rate-')).toEqual([expect.stringMatching(/^--max-rate-per-session\t/)])
    expect(complete('anabranch client fetch --policy mi').map(line => line.split('\t')[0])).toEqual([
      'min-rtt'
    ])
  })

  it('gives zsh the same', async () => {
    const file = await script('zsh')
    const complete = (words: string) =>
      run('zsh', [
        '-fc',
        `compdef() {}; _describe() { print -rl -- \${(P)2}; }; _files() { print files; }; compadd() { print -rl -- $@; }
         source ${file}; words=(${words}); CURRENT=$#words; _anabranch`
      ]).split('\n')
    expect(complete('anabranch client x')).toContainEqual(expect.stringMatching(/^fetch:fetch contents/))
    expect(complete('client ls -')).toContainEqual(expect.stringMatching(/^--director:/))
    expect(complete('relay start -')).toContainEqual(expect.stringMatching(/^--max-rate:/))
    expect(complete('client fetch x')).toEqual(['files'])
    expect(complete('client fetch --policy x')).toContainEqual('blest')
  })

  it('is of no other shell', async () => {
    await expect(output(['completion', 'cmd'])).rejects.toThrow(/Allowed choices are bash, zsh, fish/)
  })
})

async function script(shell: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'anabranch-completion-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'script')
  writeFileSync(file, await output(['completion', shell]))
  return file
}

async function output(args: string[]): Promise<string> {
  let text = ''
  let complaint = ''
  const stdout = { write: (part: string) => (text += part) }
  const stderr = { write: (part: string) => (complaint += part) }
  const code = await runCli('anabranch', args, { stdout, stderr, environment: {} })
  if (code !== 0) throw new Error(complaint)
  return text
}

function run(file: string, args: string[]): string {
  return execFileSync(file, args, { encoding: 'utf8' }).trimEnd()
}
