// SPDX-License-Identifier: Apache-2.0
import type {
  ImageVerifier,
  Logger,
  Metadata,
  Namespace,
  TransferEnd,
  Transferrer,
  TransferOptions,
} from '@containerd-ts/core'
import { silentLogger } from '@containerd-ts/core'
import { UnimplementedError } from '@containerd-ts/errdefs'
import { KeyedLock, Semaphore } from '@containerd-ts/lifecycle'
import type { TransferSettings } from './context.ts'
import { echo } from './echo.ts'
import { exportImages } from './export.ts'
import { importImages } from './import.ts'
import { pull } from './pull.ts'
import { push } from './push.ts'
import { tag } from './tag.ts'
import type { UnpackConfig } from './unpack-plans.ts'

export interface LocalTransferrerInit {
  readonly metadata: Pick<Metadata, 'in'>
  /** Ways of unpacking, in order of preference; none: a request to unpack fails. */
  readonly unpackConfigs?: readonly UnpackConfig[] | undefined
  /** Asked before each pull, by id; the first that is against it wins. */
  readonly verifiers?: ReadonlyMap<string, ImageVerifier> | undefined
  /** Blobs that come in at a time, over all transfers. Default 3. */
  readonly maxConcurrentDownloads?: number | undefined
  /** Blobs that go out at a time, over all transfers. Default 3. */
  readonly maxConcurrentUploads?: number | undefined
  /** Layers of one image unpacked at a time, where the snapshotter can. Default 1. */
  readonly maxConcurrentUnpacks?: number | undefined
  /** Directories of host configurations. */
  readonly configDirs?: readonly string[] | undefined
  /** Default `containerd-ts`. */
  readonly userAgent?: string | undefined
  readonly logger?: Logger | undefined
}

/** Transfers inside the daemon, over the metadata and the content it keeps. */
export class LocalTransferrer implements Transferrer {
  readonly #metadata: Pick<Metadata, 'in'>
  readonly #settings: TransferSettings

  constructor(init: LocalTransferrerInit) {
    const logger = init.logger ?? silentLogger
    this.#metadata = init.metadata
    this.#settings = {
      logger,
      registry: { configDirs: init.configDirs ?? [], userAgent: init.userAgent ?? 'containerd-ts', logger },
      unpack: {
        configs: init.unpackConfigs ?? [],
        maxConcurrentUnpacks: init.maxConcurrentUnpacks ?? 1,
        locks: new KeyedLock(),
        logger,
      },
      verifiers: init.verifiers ?? new Map(),
      downloads: new Semaphore(init.maxConcurrentDownloads ?? 3),
      uploads: new Semaphore(init.maxConcurrentUploads ?? 3),
    }
  }

  async transfer(
    namespace: Namespace,
    source: TransferEnd,
    destination: TransferEnd,
    options: TransferOptions = {},
  ): Promise<void> {
    options.signal?.throwIfAborted()
    const transfer = { view: this.#metadata.in(namespace), settings: this.#settings, options }
    if (source.kind === 'registry' && destination.kind === 'image-store') return pull(transfer, source, destination)
    if (source.kind === 'image-store') {
      if (destination.kind === 'registry') return push(transfer, source, destination)
      if (destination.kind === 'export-stream') return exportImages(transfer, source, destination)
      if (destination.kind === 'image-store') return tag(transfer, source, destination)
    }
    if (source.kind === 'import-stream') {
      if (destination.kind === 'image-store') return importImages(transfer, source, destination)
      if (destination.kind === 'export-stream') return echo(source, destination, options)
    }
    throw new UnimplementedError(`unable to transfer from ${source.kind} to ${destination.kind}`)
  }
}
