// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs'
import { errnoOf } from '@containerd-ts/errdefs'

const retryMs = 5

/** Writes all bytes before it returns, whatever a pipe takes at once. */
export function writeBytes(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs)
    }
  }
}

export const writeText = (fd: number, text: string): void => writeBytes(fd, Buffer.from(text))
