// SPDX-License-Identifier: Apache-2.0
import type { Http2Stream } from 'node:http2'
import { drained } from '@containerd-ts/lifecycle'

/** Writes; the promise, if there is one, resolves when the stream takes more, or is gone. */
export function write(stream: Http2Stream, bytes: Buffer): Promise<void> | undefined {
  if (stream.destroyed || stream.writableEnded || stream.write(bytes)) return undefined
  return drained(stream)
}
