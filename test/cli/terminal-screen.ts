/**
 * A terminal as far as the program uses one: rows of cells, the cursor, and a size that can change.
 * It breaks lines anew when it becomes narrower, as most terminals do, and keeps the cursor at its
 * character.
 */
export class TerminalScreen {
  columns: number
  rows: number
  /** Lines that went out of sight at the top. */
  scrolledLines = 0
  #cells: string[] = ['']
  #row = 0
  #column = 0

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
  }

  write(text: string): void {
    for (const [part, up, row, rest, colour] of text.matchAll(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal acts on them.
      /\u001b\[(?:(\d+)A|(0J)|(0K)|(\d+m))|./gs
    )) {
      if (up !== undefined) this.#row = Math.max(0, this.#row - Number(up))
      else if (row !== undefined) {
        this.#cutLine()
        this.#cells.length = this.#row + 1
      } else if (rest !== undefined) this.#cutLine()
      else if (part === '\n') this.#lineFeed()
      else if (part === '\r') this.#column = 0
      else if (colour === undefined) this.#put(part)
    }
  }

  resize(columns: number, rows: number): void {
    const { columns: before } = this
    const broken: string[] = []
    let row = 0
    for (const [index, line] of this.#cells.entries()) {
      if (index === this.#row) row = broken.length + Math.floor(this.#column / columns)
      const parts = columns < before ? (line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? ['']) : [line]
      broken.push(...parts)
    }
    this.columns = columns
    this.rows = rows
    // What is too much goes from below the cursor first.
    const keptRows = Math.max(row + 1, Math.min(broken.length, rows))
    this.#cells = broken.slice(0, keptRows)
    this.#row = row
    this.#scroll()
  }

  /** What is seen, without empty lines at its end. */
  lines(): string[] {
    const lines = this.#cells.map(line => line.trimEnd())
    while (lines.at(-1) === '') lines.pop()
    return lines
  }

  #cutLine(): void {
    this.#cells[this.#row] = this.#cells[this.#row]!.slice(0, this.#column)
  }

  #put(character: string): void {
    if (this.#column === this.columns) this.#lineFeed()
    const line = this.#cells[this.#row]!.padEnd(this.#column)
    this.#cells[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1)
    this.#column++
  }

  /** As the terminal's driver passes it on: with a return to the first cell. */
  #lineFeed(): void {
    this.#row++
    this.#column = 0
    this.#cells[this.#row] ??= ''
    this.#scroll()
  }

  #scroll(): void {
    while (this.#cells.length > this.rows && this.#row > 0) {
      this.#cells.shift()
      this.#row--
      this.scrolledLines++
    }
  }
}
