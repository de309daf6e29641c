// SPDX-License-Identifier: Apache-2.0
import { blockBytes, Field, numberField } from './tar-block.ts'
import type { ByteString } from './tar-entry.ts'
import { invalidHeader } from './tar-error.ts'

/** A run of stored bytes and where it belongs in the file. */
export interface SparseRun {
  readonly offset: number
  readonly length: number
}

const entryBytes = 24

/** The four runs inside a GNU header block, or the 21 of an extension block. An unused slot ends the list. */
function gnuSparseRuns(block: Buffer, at: number, slots: number): SparseRun[] {
  const runs: SparseRun[] = []
  for (let i = 0; i < slots; i++) {
    const start = at + i * entryBytes
    if (block[start] === 0) break
    runs.push({
      offset: numberField(block, [start, 12], 'sparse offset'),
      length: numberField(block, [start + 12, 12], 'sparse length'),
    })
  }
  return runs
}

export const gnuHeaderRuns = (block: Buffer): SparseRun[] => gnuSparseRuns(block, Field.gnuSparse[0], 4)
export const gnuExtensionRuns = (block: Buffer): SparseRun[] => gnuSparseRuns(block, 0, 21)
/** Whether one more extension block follows this one. */
export const gnuExtensionContinues = (block: Buffer): boolean => block[504] !== 0

/** The comma-separated map of PAX sparse formats 0.0 and 0.1. */
export function paxSparseRuns(text: ByteString): SparseRun[] {
  if (text === '') return []
  return pairs(text.split(',').map(decimal))
}

/** Reads the map that leads the data of PAX sparse format 1.0: decimal lines, the count first, padded to a block. */
export class LeadingMap {
  readonly #blocks: ByteString[] = []
  #lines = 0
  #wanted: number | undefined

  get bytes(): number {
    return this.#blocks.length * blockBytes
  }

  /** Takes one more block; answers the runs once the map is complete. */
  push(block: ByteString): SparseRun[] | undefined {
    this.#blocks.push(block)
    this.#lines += block.split('\n').length - 1
    if (this.#lines === 0) return undefined
    this.#wanted ??= 1 + 2 * decimal(this.#blocks.join('').split('\n', 1)[0] ?? '')
    if (this.#lines < this.#wanted) return undefined
    return pairs(this.#blocks.join('').split('\n').slice(1, this.#wanted).map(decimal))
  }
}

/** Checks that runs ascend without overlap inside the file and fit the stored bytes. */
export function checkSparseRuns(runs: readonly SparseRun[], sizeBytes: number, storedBytes: number): void {
  let end = 0
  let total = 0
  for (const { offset, length } of runs) {
    if (offset < end || length < 0 || offset + length > sizeBytes) throw invalidHeader('sparse map')
    end = offset + length
    total += length
  }
  if (total > storedBytes) throw invalidHeader('sparse map is larger than the stored data')
}

function decimal(text: ByteString): number {
  const value = Number(text)
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value)) throw invalidHeader('sparse map number')
  return value
}

function pairs(numbers: readonly number[]): SparseRun[] {
  if (numbers.length % 2 !== 0) throw invalidHeader('sparse map')
  const runs: SparseRun[] = []
  for (let i = 0; i < numbers.length; i += 2)
    runs.push({ offset: numbers[i] as number, length: numbers[i + 1] as number })
  return runs
}
