// SPDX-License-Identifier: Apache-2.0
import { readSync, writeSync } from 'node:fs'
import { errnoOf } from '@containerd-ts/errdefs'

const maxInputBytes = 10 << 20

/** Writes all to a descriptor, at once: the process may end right after. */
export function writeOut(fd: number, data: Uint8Array | string): void {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw error
    }
  }
}

/** Standard input to its end, 10 MiB at most. @throws {Error} it is larger */
export function readInput(): Uint8Array {
  const chunks: Buffer[] = []
  let bytes = 0
  for (;;) {
    const chunk = Buffer.allocUnsafe(64 << 10)
    let read: number
    try {
      read = readSync(0, chunk)
    } catch (error) {
      const errno = errnoOf(error)
      if (errno === 'EAGAIN') continue
      if (errno === 'EOF' || errno === 'EBADF') break
      throw error
    }
    if (read === 0) break
    bytes += read
    if (bytes > maxInputBytes) throw new Error(`input exceeds ${maxInputBytes} bytes`)
    chunks.push(chunk.subarray(0, read))
  }
  return Buffer.concat(chunks)
}
