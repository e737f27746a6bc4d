/** Formats a time: 12_345 -> `12.35 s`, 120 -> `120 ms`. */
export function formatMs(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${Math.round(ms)} ms`
}

/** Formats a share: 0.00123 -> `0.123 %`. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}

/** Formats rows as a table with aligned columns; the first row is its head. */
export function formatTable(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)))
  return rows.map(row =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd()
  )
}
