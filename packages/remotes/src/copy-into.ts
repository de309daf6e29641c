// SPDX-License-Identifier: Apache-2.0
import type { BlobWriter } from '@containerd-ts/core'

const maxBatchBytes = 1024 * 1024

/**
 * Appends a stream to an ingest in batches of about 1 MiB, reading the next while the store takes the last. What
 * has arrived is kept when the stream fails, if the store still takes it.
 * @param onChunk - told the bytes received so far; may throw to stop, then that last piece is not written
 */
export async function copyInto(
  writer: BlobWriter,
  bytes: AsyncIterable<Uint8Array>,
  onChunk?: (receivedBytes: number) => void,
): Promise<number> {
  let taking: Promise<void> = Promise.resolve()
  let batch: Uint8Array[] = []
  let batched = 0
  let received = 0
  const flush = async (): Promise<void> => {
    await taking
    if (batched === 0) return
    const [first] = batch
    taking = writer.write(batch.length === 1 && first !== undefined ? first : Buffer.concat(batch))
    // Awaited by the next flush; without this a failure in between would count as unhandled.
    taking.catch(() => {})
    batch = []
    batched = 0
  }
  try {
    for await (const chunk of bytes) {
      onChunk?.(received + chunk.length)
      received += chunk.length
      batch.push(chunk)
      batched += chunk.length
      if (batched >= maxBatchBytes) await flush()
    }
  } catch (error) {
    await flush().catch(() => {})
    await taking.catch(() => {})
    throw error
  }
  await flush()
  await taking
  return received
}
