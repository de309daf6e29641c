// SPDX-License-Identifier: Apache-2.0
import {
  silentLogger,
  type Applier,
  type ApplyOptions,
  type ContentProvider,
  type Descriptor,
  type Logger,
  type Mount,
  type Mounter,
} from '@containerd-ts/core'
import { InternalError } from '@containerd-ts/errdefs'
import { inUserNamespace } from '@containerd-ts/mount'
import { openTarget } from './apply/choose-target.ts'
import { openLayer } from './layer-source.ts'
import type { StreamProcessor } from './stream-processor.ts'
import type { WorkerPool } from './worker/worker-pool.ts'

export interface LayerApplierInit {
  readonly mounter: Mounter
  /** Threads to work in; shared with a comparer, owned by whoever made it. */
  readonly workers: WorkerPool
  /** Programs that turn other media types into layers; the last one that fits is taken. */
  readonly processors?: readonly StreamProcessor[] | undefined
  readonly logger?: Logger | undefined
}

export const ociLayer = 'application/vnd.oci.image.layer.v1.tar'

/** Unpacks layers in worker threads. */
export class LayerApplier implements Applier {
  readonly #init: LayerApplierInit
  readonly #logger: Logger
  readonly #nested = inUserNamespace()

  constructor(init: LayerApplierInit) {
    this.#init = init
    this.#logger = init.logger ?? silentLogger
  }

  async apply(
    layer: Descriptor,
    mounts: readonly Mount[],
    content: ContentProvider,
    options: ApplyOptions = {},
  ): Promise<Descriptor> {
    const { signal, payloads = {} } = options
    signal?.throwIfAborted()
    await using source = await openLayer(layer, content, { processors: this.#init.processors ?? [], payloads, signal })
    await using place = await openTarget(this.#init.mounter, mounts, this.#nested, { signal })
    const job = {
      compression: source.compression,
      target: place.target,
      skipDevices: this.#nested,
      syncFs: options.syncFs ?? false,
    }
    const handlers = {
      read: (offset: number, length: number) => source.read(offset, length),
      progress: options.onProgress,
      warn: (message: string, fields: Readonly<Record<string, unknown>>) =>
        this.#logger.warn(message, { layer: layer.digest, ...fields }),
    }
    const work = { kind: 'apply', job, source: { path: source.path, sizeBytes: source.sizeBytes } } as const
    const applied = await this.#init.workers.run(work, handlers, signal)
    await source.finished()
    if (applied === undefined) throw new InternalError(`layer ${layer.digest}: worker gave no result`)
    return { mediaType: ociLayer, digest: applied.digest, sizeBytes: applied.sizeBytes }
  }
}
