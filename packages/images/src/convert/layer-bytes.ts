// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream'
import type { Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { BlobReader, Digest } from '@containerd-ts/core'
import { DataLossError } from '@containerd-ts/errdefs'

const chunkBytes = 1024 * 1024

/**
 * What is inside a gzip or zstd blob, at most 1 MiB at a time.
 * @throws {DataLossError} damaged or cut short
 */
export async function* layerBytes(
  reader: BlobReader,
  kind: 'gzip' | 'zstd',
  digest: Digest,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const options = { chunkSize: chunkBytes }
  if (kind === 'gzip') return yield* through(blobFrom(reader, 0, digest, signal), createGunzip(options), digest)
  // Node's decoder stops after a frame that more bytes follow, and tells how many it took.
  for (let at = 0; at < reader.sizeBytes;) {
    const decoder = createZstdDecompress(options)
    yield* through(blobFrom(reader, at, digest, signal), decoder, digest)
    if (decoder.bytesWritten === 0) throw new DataLossError(`layer ${digest} is damaged at byte ${at}`)
    at += decoder.bytesWritten
  }
}

async function* blobFrom(
  reader: BlobReader,
  offset: number,
  digest: Digest,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  for (let at = offset; at < reader.sizeBytes;) {
    signal?.throwIfAborted()
    const part = await reader.read(at, chunkBytes)
    if (part.length === 0) throw new DataLossError(`content ${digest} ends at ${at} of ${reader.sizeBytes} bytes`)
    at += part.length
    yield part
  }
}

async function* through(
  bytes: AsyncIterable<Uint8Array>,
  decoder: Transform,
  digest: Digest,
): AsyncIterable<Uint8Array> {
  const input = Readable.from(bytes, { objectMode: false })
  input.on('error', (error) => decoder.destroy(error))
  input.pipe(decoder)
  try {
    yield* decoder as AsyncIterable<Uint8Array>
  } catch (cause) {
    throw input.errored ?? new DataLossError(`layer ${digest} is damaged`, { cause })
  } finally {
    input.destroy()
    decoder.destroy()
  }
}
