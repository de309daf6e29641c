// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { closeSync, constants, openSync } from 'node:fs'
import { digestOf, type Digest } from '@containerd-ts/core'
import { native, type MountCalls } from '@containerd-ts/native-sys'
import { decompress, type LayerCompression } from '../compression.ts'
import { TarReader } from '../tar/tar-reader.ts'
import type { ApplyTarget } from './apply-target.ts'
import { LayerSink, type SinkCalls } from './layer-sink.ts'

export interface ApplyJob {
  readonly compression: LayerCompression
  readonly target: ApplyTarget
  readonly skipDevices: boolean
  readonly syncFs: boolean
}

export interface ApplyIo {
  /** The stored bytes. */
  readonly source: AsyncIterable<Buffer>
  readonly signal: AbortSignal
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void
}

export interface AppliedLayer {
  readonly digest: Digest
  readonly sizeBytes: number
}

/** Applies a layer in the calling thread, which should be a worker: changes are synchronous system calls. */
export async function applyLayer(
  job: ApplyJob,
  io: ApplyIo,
  calls: SinkCalls & Pick<MountCalls, 'syncfs'> = native,
): Promise<AppliedLayer> {
  const root = openSync(job.target.root, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    using sink = new LayerSink({ calls, root, target: job.target, skipDevices: job.skipDevices, warn: io.warn })
    const reader = new TarReader(sink)
    const hash = createHash('sha256')
    let sizeBytes = 0
    for await (const chunk of job.compression === 'none' ? io.source : decompress(io.source)) {
      io.signal.throwIfAborted()
      hash.update(chunk)
      sizeBytes += chunk.length
      reader.push(chunk)
    }
    reader.end()
    sink.finish()
    if (job.syncFs) await calls.syncfs(root)
    return { digest: digestOf('sha256', hash.digest('hex')), sizeBytes }
  } finally {
    closeSync(root)
  }
}
