// SPDX-License-Identifier: Apache-2.0
import type { TransferOptions, TransferProgress } from '@containerd-ts/core'
import type { Progress, ProgressEvent } from '@containerd-ts/images'

type Report = (progress: TransferProgress) => void

/** Time between two reports about the same thing, unless its event changes. */
const intervalMs = 300

/** Events that repeat while bytes flow. */
const flowing: ReadonlySet<ProgressEvent> = new Set(['downloading', 'uploading', 'extracting'])

/** What the transfer as a whole says: `Resolving from …` and the like. */
export const statement = (event: string): TransferProgress => ({ event, name: '', parents: [], progress: 0, total: 0 })

/**
 * Passes on what happens to descriptors, at a bearable rate. Descriptors without a parent hang below `root`.
 * @param root - name of the image; empty for none
 */
export function descriptorReports(report: Report, root: string): (progress: Progress) => void {
  const last = new Map<string, { readonly event: string; readonly atMs: number }>()
  return ({ event, name, parents, offsetBytes, totalBytes, descriptor }) => {
    const now = performance.now()
    const before = last.get(name)
    if (flowing.has(event) && before?.event === event && now - before.atMs < intervalMs) return
    last.set(name, { event, atMs: now })
    report({
      event,
      name,
      parents: parents.length === 0 && root !== '' ? [root] : parents,
      progress: offsetBytes,
      total: totalBytes,
      descriptor,
    })
  }
}

export const reportOf = ({ onProgress }: TransferOptions): Report => onProgress ?? (() => {})
