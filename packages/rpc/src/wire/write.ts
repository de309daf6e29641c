// SPDX-License-Identifier: Apache-2.0
import type { Http2Stream } from 'node:http2'

/** Writes; the promise, if there is one, resolves when the stream takes more, or is gone. */
export function write(stream: Http2Stream, bytes: Buffer): Promise<void> | undefined {
  if (stream.destroyed || stream.writableEnded || stream.write(bytes)) return undefined
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
  })
}
