// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import {
  LabelKey,
  silentLogger,
  type BlobWriter,
  type CompareOptions,
  type Comparer,
  type ContentStore,
  type Descriptor,
  type Digest,
  type Logger,
  type Mount,
  type Mounter,
} from '@containerd-ts/core'
import { InternalError, isAlreadyExists, isFailedPrecondition, UnimplementedError } from '@containerd-ts/errdefs'
import { readonlyMounts } from '@containerd-ts/mount'
import type { CompareJob } from './compare/compare-layer.ts'
import { ociLayer } from './layer-applier.ts'
import type { WorkerPool } from './worker/worker-pool.ts'

export interface LayerComparerInit {
  readonly mounter: Mounter
  /** Threads to work in; shared with an applier, owned by whoever made it. */
  readonly workers: WorkerPool
  readonly logger?: Logger | undefined
}

const compressions: Readonly<Record<string, CompareJob['compression']>> = {
  [ociLayer]: 'none',
  [`${ociLayer}+gzip`]: 'gzip',
  [`${ociLayer}+zstd`]: 'zstd',
}

/** Makes layers by walking both states; the same states give the same layer. */
export class LayerComparer implements Comparer {
  readonly #init: LayerComparerInit
  readonly #logger: Logger

  constructor(init: LayerComparerInit) {
    this.#init = init
    this.#logger = init.logger ?? silentLogger
  }

  async compare(
    lower: readonly Mount[],
    upper: readonly Mount[],
    content: ContentStore,
    options: CompareOptions = {},
  ): Promise<Descriptor> {
    const { signal, lease } = options
    signal?.throwIfAborted()
    const mediaType =
      options.mediaType === undefined || options.mediaType === '' ? `${ociLayer}+gzip` : options.mediaType
    const compression = compressions[mediaType]
    if (compression === undefined) throw new UnimplementedError(`layer of media type ${mediaType}`)
    await using from = lower.length === 0 ? undefined : await this.#init.mounter.mountTemp(lower, { signal })
    await using to = await this.#init.mounter.mountTemp(readonlyMounts(upper), { signal })
    await using writer = await content.ingest(options.ref ?? temporaryRef(), { signal, lease })
    try {
      if ((await writer.status()).offsetBytes > 0) await writer.truncate(0)
      const latest = options.sourceDateEpoch
      const latestSeconds = latest === undefined ? undefined : Math.floor(latest.getTime() / 1000)
      const job = { lower: from?.path, upper: to.path, compression, latestSeconds }
      const handlers = {
        write: (bytes: Uint8Array) => writer.write(bytes),
        warn: (message: string, fields: Readonly<Record<string, unknown>>) => this.#logger.warn(message, fields),
      }
      const plain = await this.#init.workers.run({ kind: 'compare', job }, handlers, signal)
      if (plain === undefined) throw new InternalError('compare: worker gave no result')
      return await this.#commit(content, writer, {
        mediaType,
        options,
        uncompressed: compression === 'none' ? undefined : plain.digest,
      })
    } catch (error) {
      if (options.ref === undefined) await content.abort(writer.ref).catch(() => {}) // the first error is the one to report
      throw error
    }
  }

  async #commit(
    content: ContentStore,
    writer: BlobWriter,
    layer: { readonly mediaType: string; readonly options: CompareOptions; readonly uncompressed: Digest | undefined },
  ): Promise<Descriptor> {
    const { mediaType, options, uncompressed } = layer
    const { signal, lease } = options
    const sizeBytes = (await writer.status()).offsetBytes
    const digest = await writer.digest()
    const own = uncompressed === undefined ? {} : { [LabelKey.uncompressed]: uncompressed }
    try {
      await writer.commit({ sizeBytes, expected: digest, labels: { ...options.labels, ...own }, signal, lease })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      if (uncompressed !== undefined) await this.#label(content, digest, uncompressed)
    }
    return { mediaType, digest, sizeBytes }
  }

  /** A blob that was there before may lack what we know of it. */
  async #label(content: ContentStore, digest: Digest, uncompressed: Digest): Promise<void> {
    if ((await content.info(digest)).labels[LabelKey.uncompressed] !== undefined) return
    try {
      await content.update(digest, { [LabelKey.uncompressed]: uncompressed }, [`labels.${LabelKey.uncompressed}`])
    } catch (error) {
      if (!isFailedPrecondition(error)) throw error // a store without labels
    }
  }
}

/** Nanoseconds since the epoch and a few random letters. */
const temporaryRef = (): string => `${BigInt(Date.now()) * 1_000_000n}-${randomBytes(3).toString('base64url')}`
