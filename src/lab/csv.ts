export type CsvCell = string | number | boolean | undefined

/** Rows as CSV (RFC 4180, with line feeds); what is unset is an empty cell. */
export function csv(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map(row => row.map(cellText).join(',') + '\n').join('')
}

function cellText(cell: CsvCell): string {
  const text = String(cell ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
