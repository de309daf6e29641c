// SPDX-License-Identifier: Apache-2.0
import { UnavailableError } from '@containerd-ts/errdefs'

const maxBarrenReopens = 3

/**
 * Reads a source that can be opened at any offset, opening it again where it breaks or ends early.
 * @param sizeBytes - full size; 0 when unknown: then only errors count as a break
 */
export async function* resumable(
  open: (offset: number) => Promise<AsyncIterable<Uint8Array>>,
  start: number,
  sizeBytes: number,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  let offset = start
  for (let barren = 0; ;) {
    const before = offset
    const source = await open(offset)
    let cause: unknown
    try {
      for await (const chunk of source) {
        offset += chunk.length
        yield chunk
      }
    } catch (error) {
      signal?.throwIfAborted()
      // Only the transport is worth another try; a decoder's complaint would come again.
      if (typeof (error as { suffix?: unknown }).suffix === 'string') throw error
      cause = error
    }
    if (cause === undefined && (sizeBytes === 0 || offset >= sizeBytes)) return
    barren = offset === before ? barren + 1 : 0
    if (barren >= maxBarrenReopens) {
      throw new UnavailableError(`content ended at ${offset} of ${sizeBytes} bytes: unexpected EOF`, { cause })
    }
  }
}
