import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { addNotes, notesOf } from '../../src/cli/help-notes.ts'
import { allCommands } from '../../src/cli/reference/command-tree.ts'
import { programTree } from '../../src/cli/reference/reference-files.ts'

describe('the notes of a help', () => {
  it('stand at its end', () => {
    const command = new Command('fetch')
    let help = ''
    command.configureOutput({ writeOut: text => (help += text) })
    const notes = { examples: ['anabranch client fetch a'], exitCodes: [[0, 'all is well']] as const }
    addNotes(command, notes).outputHelp()
    expect(help).toMatch(
      /\n\nExamples:\n {2}anabranch client fetch a\n\nExit codes:\n {4}0 {2}all is well\n$/
    )
    expect(notesOf(command)).toBe(notes)
    expect(notesOf(new Command('other'))).toEqual({})
  })

  it('have three examples for each of the main commands, of commands and flags that there are', () => {
    const commands = allCommands(programTree())
    const withExamples = commands.filter(({ examples }) => examples.length > 0)
    expect(withExamples.map(({ path }) => path.slice(1).join(' '))).toEqual(
      expect.arrayContaining([
        ...['director start', 'source start', 'relay start', 'client fetch', 'client gateway'],
        ...['client proxy', 'lab run']
      ])
    )
    for (const { path, examples, flags } of withExamples) {
      expect(examples).toHaveLength(3)
      for (const line of examples) {
        const start = path.join(' ')
        expect(line).toContain(start)
        expect(line.length).toBeLessThanOrEqual(78)
        // What follows in a pipe has flags of its own.
        const own = line.slice(line.indexOf(start)).split(' | ')[0]!
        const known = flags.flatMap(({ long, short }) => [long, short])
        for (const flag of own.match(/(?<= )--?[a-z][a-z-]*/g) ?? []) expect(known).toContain(flag)
      }
    }
  })
})
