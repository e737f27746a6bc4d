/** Breaks a text into lines of at most 100 columns, each of which begins with `start`. */
export function wrapped(text: string, start = ''): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < 100) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(start + word)
  }
  return lines.join('\n')
}
