// SPDX-License-Identifier: Apache-2.0
/** How Go's tabwriter is set up for a table. */
export interface TableStyle {
  readonly minWidth: number
  readonly tabWidth: number
  readonly padding: number
  readonly padChar: ' ' | '\t'
}

/** The original's usual styles: (1,8,1,' '), (4,8,4,' ') and (1,8,1,tab). */
export const narrow: TableStyle = { minWidth: 1, tabWidth: 8, padding: 1, padChar: ' ' }
export const wide: TableStyle = { minWidth: 4, tabWidth: 8, padding: 4, padChar: ' ' }
export const tabbed: TableStyle = { minWidth: 1, tabWidth: 8, padding: 1, padChar: '\t' }

/**
 * Aligns rows as text/tabwriter does: every cell but a row's last is padded to its column's width. A column is a
 * block of adjacent rows that have the cell. Give a row an empty last cell to have all others padded.
 */
export function formatTable(rows: readonly (readonly string[])[], style: TableStyle): string {
  const widths = rows.map((row) => row.map(() => 0))
  const columns = Math.max(0, ...rows.map((row) => row.length - 1))
  for (let column = 0; column < columns; column++) {
    for (let start = 0; start < rows.length; start++) {
      let end = start
      while (end < rows.length && (rows[end]?.length ?? 0) - 1 > column) end++
      if (end === start) continue
      const block = rows.slice(start, end)
      const widest = Math.max(...block.map((row) => displayWidth(row[column] ?? '')))
      const width = cellWidth(widest, style)
      for (let row = start; row < end; row++) (widths[row] as number[])[column] = width
      start = end
    }
  }
  return rows.map((row, index) => formatRow(row, widths[index] ?? [], style)).join('')
}

function cellWidth(widest: number, { minWidth, tabWidth, padding, padChar }: TableStyle): number {
  if (widest === 0) return 0
  const width = Math.max(widest + padding, minWidth)
  return padChar === '\t' ? Math.ceil(width / tabWidth) * tabWidth : width
}

function formatRow(row: readonly string[], widths: readonly number[], { padChar, tabWidth }: TableStyle): string {
  const cells = row.map((cell, column) => {
    if (column === row.length - 1) return cell
    const missing = (widths[column] ?? 0) - displayWidth(cell)
    return cell + padChar.repeat(padChar === '\t' ? Math.ceil(missing / tabWidth) : Math.max(missing, 0))
  })
  return `${cells.join('')}\n`
}

/** Go counts code points. */
const displayWidth = (text: string): number => Array.from(text).length
