// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { Readable, type Transform } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { createGzip, createZstdCompress } from 'node:zlib'
import { digestOf } from '@containerd-ts/core'
import { native } from '@containerd-ts/native-sys'
import type { AppliedLayer } from '../apply/apply-layer.ts'
import { ChangeArchive } from './change-archive.ts'
import { walkChanges } from './change-walk.ts'
import type { SameCalls } from './same-file.ts'

export interface CompareJob {
  /** Absent: everything in `upper` is new. */
  readonly lower: string | undefined
  readonly upper: string
  readonly compression: 'gzip' | 'zstd' | 'none'
  readonly latestSeconds: number | undefined
}

export interface CompareIo {
  readonly signal: AbortSignal
}

const chunkBytes = 1 << 20

/** Yields the layer's stored bytes; returns digest and size of the uncompressed ones. */
export async function* compareLayer(
  job: CompareJob,
  io: CompareIo,
  calls: SameCalls = native,
): AsyncGenerator<Buffer, AppliedLayer> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  async function* plain(): AsyncGenerator<Buffer> {
    for (const chunk of gathered(archive(job, calls))) {
      io.signal.throwIfAborted()
      hash.update(chunk)
      sizeBytes += chunk.length
      yield chunk
      await setImmediate() // lets an abort through
    }
  }
  if (job.compression === 'none') yield* plain()
  else yield* compressed(plain(), job.compression === 'gzip' ? createGzip(options) : createZstdCompress(options))
  return { digest: digestOf('sha256', hash.digest('hex')), sizeBytes }
}

const options = { chunkSize: chunkBytes, highWaterMark: 4 * chunkBytes }

function* archive(job: CompareJob, calls: SameCalls): Generator<Buffer> {
  const writer = new ChangeArchive(calls, job.upper, job.latestSeconds)
  for (const change of walkChanges(calls, job.lower, job.upper)) yield* writer.change(change)
  yield* writer.end()
}

/** Joins small pieces: headers are 512 bytes. */
function* gathered(pieces: Iterable<Buffer>): Generator<Buffer> {
  let held: Buffer[] = []
  let size = 0
  for (const piece of pieces) {
    held.push(piece)
    size += piece.length
    if (size < chunkBytes) continue
    yield Buffer.concat(held)
    held = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(held)
}

async function* compressed(source: AsyncIterable<Buffer>, encoder: Transform): AsyncGenerator<Buffer> {
  const input = Readable.from(source, { objectMode: false })
  input.once('error', (error) => encoder.destroy(error))
  input.pipe(encoder)
  try {
    for await (const chunk of encoder) yield chunk as Buffer
  } finally {
    input.destroy()
    encoder.destroy()
  }
}
