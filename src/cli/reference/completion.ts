import { allCommands, type CommandInfo, type FlagInfo } from './command-tree.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/**
 * Makes a script by which a shell completes the words of all commands. `root` is the whole program; those of its groups
 * that have a command of their own are named by `shortNames`.
 */
export function completionScript(shell: Shell, root: CommandInfo, shortNames: readonly string[]): string {
  return MAKERS[shell](withAliases(root), shortNames)
}

/** The same commands, each once more under every other name that it has. */
function withAliases(info: CommandInfo): CommandInfo {
  const commands = info.commands.flatMap(command => [
    withAliases(command),
    ...command.aliases.map(alias => ({ ...command, path: [...info.path, alias] }))
  ])
  return { ...info, commands }
}

const MAKERS: Record<Shell, (root: CommandInfo, shortNames: readonly string[]) => string> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript
}

function bashScript(root: CommandInfo, shortNames: readonly string[]): string {
  const commands = allCommands(root)
  const below = commands.slice(1).map(({ path }) => quoted(path.join(' ')))
  const cases = commands.map(
    ({ path, commands: subs, flags }) =>
      `    ${quoted(path.join(' '))}) verbs=${quoted(subs.map(lastWord).join(' '))} flags=${quoted(flagWords(flags).join(' '))} ;;`
  )
  const values = valueCases(
    commands,
    words => `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$current")); return`
  )
  return `# Completes the commands of ${root.path[0]} in bash: source this file, or put it into /etc/bash_completion.d/
_anabranch() {
  local place=\${1##*/} at verbs='' flags='' current=\${COMP_WORDS[COMP_CWORD]}
  [ "$place" = ${root.path[0]} ] || place="${root.path[0]} $place"
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "$place \${COMP_WORDS[at]}" in
    ${below.join(' | ')}) place="$place \${COMP_WORDS[at]}" ;;
    esac
  done
  case "$place" in
${cases.join('\n')}
  esac
  case "$place \${COMP_WORDS[COMP_CWORD - 1]}" in
${values.join('\n')}
  esac
  case "$current" in
  -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
  *) COMPREPLY=($(compgen -W "$verbs" -- "$current")) ;;
  esac
}
complete -o bashdefault -o default -F _anabranch ${[root.path[0], ...shortNames].join(' ')}
`
}

function zshScript(root: CommandInfo, shortNames: readonly string[]): string {
  const names = [root.path[0], ...shortNames].join(' ')
  const commands = allCommands(root)
  const below = commands.slice(1).map(({ path }) => quoted(path.join(' ')))
  const cases = commands.map(({ path, commands: subs, flags }) => {
    const verbs = subs.map(sub => quoted(`${lastWord(sub)}:${sub.summary}`))
    const described = flags.flatMap(flag => wordsOf(flag).map(word => quoted(`${word}:${flag.help}`)))
    return `    ${quoted(path.join(' '))}) verbs=(${verbs.join(' ')}) flags=(${described.join(' ')}) ;;`
  })
  const values = valueCases(commands, words => `compadd ${words.map(quoted).join(' ')}; return`)
  return `#compdef ${names}
# Completes the commands of ${root.path[0]} in zsh: source this file behind compinit, or put it into a folder of fpath as _${root.path[0]}.
_anabranch() {
  local place=\${words[1]:t} at
  local -a verbs flags
  [[ $place == ${root.path[0]} ]] || place="${root.path[0]} $place"
  for ((at = 2; at < CURRENT; at++)); do
    case "$place $words[at]" in
    ${below.join(' | ')}) place="$place $words[at]" ;;
    esac
  done
  case "$place" in
${cases.join('\n')}
  esac
  case "$place $words[CURRENT-1]" in
${values.join('\n')}
  esac
  if [[ $words[CURRENT] == -* ]]; then
    _describe flag flags
  elif ((\${#verbs})); then
    _describe command verbs
  else
    _files
  fi
}
compdef _anabranch ${names}
`
}

function fishScript(root: CommandInfo, shortNames: readonly string[]): string {
  const commands = allCommands(root)
  const places = commands.slice(1).map(({ path }) => quoted(path.slice(1).join(' ')))
  const lines = commands.flatMap(({ path, commands: subs, flags }) => {
    const at = `-n "__anabranch_at ${quoted(path.slice(1).join(' '))}"`
    const verbs = subs.map(sub => `${at} -f -a ${lastWord(sub)} -d ${fishQuoted(sub.summary)}`)
    const others = flags.map(({ long, short, value, words, help }) => {
      const letter = short ? ` -s ${short.slice(1)}` : ''
      const takes =
        value === undefined ? '' : words.length > 0 ? ` -x -a ${fishQuoted(words.join(' '))}` : ' -r'
      return `${at} -l ${long.slice(2)}${letter}${takes} -d ${fishQuoted(help)}`
    })
    return [...verbs, ...others]
  })
  return `# Completes the commands of ${root.path[0]} in fish: source this file, or put it into ~/.config/fish/completions/${root.path[0]}.fish
function __anabranch_at
    set -l words (commandline -opc)
    set -l place (path basename $words[1])
    test "$place" = ${root.path[0]}; and set place ''
    for word in $words[2..]
        set -l next (string trim "$place $word")
        contains -- "$next" ${places.join(' ')}; and set place "$next"
    end
    test "$place" = "$argv[1]"
end
${lines.map(line => `complete -c ${root.path[0]} ${line}`).join('\n')}
${shortNames.map(name => `complete -c ${name} -w '${root.path[0]} ${name}'`).join('\n')}
`
}

/** A case for each flag whose value is one of some words, which `complete` gives to a shell. */
function valueCases(
  commands: readonly CommandInfo[],
  complete: (words: readonly string[]) => string
): string[] {
  return commands.flatMap(({ path, flags }) =>
    flags
      .filter(({ words }) => words.length > 0)
      .map(flag => {
        const places = wordsOf(flag).map(word => quoted(`${path.join(' ')} ${word}`))
        return `    ${places.join(' | ')}) ${complete(flag.words)} ;;`
      })
  )
}

function lastWord({ path }: CommandInfo): string {
  return path.at(-1)!
}

function wordsOf({ long, short }: FlagInfo): string[] {
  return short ? [long, short] : [long]
}

function flagWords(flags: readonly FlagInfo[]): string[] {
  return flags.flatMap(wordsOf)
}

/** In single quotes, as bash and zsh read them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** In single quotes, as fish reads them. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
