// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'

const bufferBytes = 1 << 20

/** Hashes a file from its start, and counts it. Gives way to other work after each megabyte. */
export async function hashFile(
  file: FileHandle,
  algorithm: string,
  signal?: AbortSignal,
): Promise<{ readonly hash: Hash; readonly sizeBytes: number }> {
  const hash = createHash(algorithm)
  const buffer = Buffer.allocUnsafe(bufferBytes)
  let sizeBytes = 0
  for (;;) {
    signal?.throwIfAborted()
    const { bytesRead } = await file.read(buffer, 0, buffer.length, sizeBytes)
    if (bytesRead === 0) return { hash, sizeBytes }
    hash.update(buffer.subarray(0, bytesRead))
    sizeBytes += bytesRead
    await setImmediate()
  }
}
