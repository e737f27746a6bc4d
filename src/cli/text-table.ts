import { padStartToWidth, textWidth } from './text-width.ts'

/** Rows of cells as lines, each column as wide as its widest cell, and flush right. */
export function table(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => textWidth(row[column]!))))
  return rows.map(row =>
    row
      .map((cell, column) => padStartToWidth(cell, widths[column]!))
      .join('  ')
      .trimEnd()
  )
}
