// SPDX-License-Identifier: Apache-2.0
import type { Comparison } from '../measures/measure.ts'
import { ratioOf } from '../measures/measure.ts'
import { median, pairRatios, quantile } from '../stats/statistics.ts'

const heads = ['', 'unit', 'better', 'ours', 'Go', 'ours / Go', 'of pairs', 'says'] as const
const rightAligned = new Set([3, 4, 5, 6])

/** The comparisons as text: medians, the median of the pairs' ratios, and how far apart those lie. */
export function table(comparisons: readonly Comparison[]): string {
  const rows = [heads, ...comparisons.map(row)]
  const widths = heads.map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? '').length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (rightAligned.has(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return `${rows.map(line).join('\n')}\n`
}

function row(comparison: Comparison): readonly string[] {
  const { title, unit, better, ours, theirs, failures } = comparison
  const ratios = pairRatios(ours, theirs)
  const ratio = ratioOf(comparison)
  const range = ratios.length < 2 ? '' : `${digits(quantile(ratios, 0))} to ${digits(quantile(ratios, 1))}`
  const says = failures.length > 0 ? 'failed' : verdict(ratio, better)
  return [title, unit, better, digits(median(ours)), digits(median(theirs)), digits(ratio), range, says]
}

/** Which of the two is ahead, and how many times. Within a twentieth they are level. */
export function verdict(ratio: number, better: 'lower' | 'higher'): string {
  if (!Number.isFinite(ratio) || ratio <= 0) return ''
  const gain = better === 'lower' ? 1 / ratio : ratio
  if (gain > 0.95 && gain < 1.05) return 'level'
  return gain > 1 ? `ours ${digits(gain)} times better` : `Go ${digits(1 / gain)} times better`
}

/** Three digits that count. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (Math.abs(value) >= 100) return String(Math.round(value))
  return value.toFixed(value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))))
}
