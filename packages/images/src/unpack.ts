// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import type {
  Applier,
  CallOptions,
  ContentStore,
  Descriptor,
  Digest,
  Labels,
  Mount,
  Snapshotter,
} from '@containerd-ts/core'
import { LabelKey } from '@containerd-ts/core'
import {
  FailedPreconditionError,
  InvalidArgumentError,
  isAlreadyExists,
  isNotFound,
  NotFoundError,
} from '@containerd-ts/errdefs'
import { KeyedLock, Semaphore } from '@containerd-ts/lifecycle'
import type { Held } from '@containerd-ts/lifecycle'
import { chainIds } from '@containerd-ts/oci'
import type { OciDescriptor } from '@containerd-ts/oci'
import { addLabels } from './gc-labels.ts'
import { originLabels } from './origin-labels.ts'
import type { Origin } from './origin-labels.ts'

/** Where layers are unpacked to. */
export interface UnpackTarget {
  /** Name of the snapshotter, as labels and leases know it. */
  readonly snapshotterName: string
  readonly snapshotter: Snapshotter
  readonly applier: Applier
  /** The snapshotter gives a parent to a snapshot at commit: layers may be unpacked side by side. */
  readonly rebase?: boolean | undefined
  /** Layers unpacked at a time; only with `rebase`. Default 1. */
  readonly maxConcurrentUnpacks?: number | undefined
  /** Shared by everything that unpacks in this process, so that a layer is unpacked once. */
  readonly locks?: KeyedLock | undefined
  /** syncfs(2) each snapshot. */
  readonly syncFs?: boolean | undefined
  /** The snapshotter may fetch layers by itself: it is told where each comes from. */
  readonly wantsOrigin?: boolean | undefined
  /** Added to those of every snapshot made. */
  readonly snapshotLabels?: Labels | undefined
}

export interface UnpackRequest extends CallOptions {
  readonly config: Descriptor
  readonly diffIds: readonly Digest[]
  readonly layers: readonly OciDescriptor[]
  /** Absent where the layers come from no registry. */
  readonly origin?: Origin | undefined
  /** Brings layer `index` into the content store; called once for each layer that is needed. */
  readonly fetchLayer?: ((index: number, signal: AbortSignal) => Promise<void>) | undefined
  readonly onLayer?:
    | ((event: 'extracting' | 'extracted' | 'already exists', layer: OciDescriptor, readBytes: number) => void)
    | undefined
}

const maxPrepareTries = 3

/**
 * Unpacks the layers of one manifest, each as a committed snapshot named by its chain ID, and labels the config
 * with the top one. Layers whose snapshot exists are neither fetched nor applied. A failed layer leaves no
 * snapshot.
 * @returns the top chain ID; absent without layers
 * @throws {InvalidArgumentError} counts of layers and diff IDs differ
 * @throws {FailedPreconditionError} a layer has another diff ID than the config says
 */
export async function unpackLayers(
  content: ContentStore,
  target: UnpackTarget,
  request: UnpackRequest,
): Promise<Digest | undefined> {
  const { layers, diffIds, config, signal, lease } = request
  if (layers.length !== diffIds.length) {
    throw new InvalidArgumentError(`number of layers and diffIDs don't match: ${layers.length} != ${diffIds.length}`)
  }
  const run = new UnpackRun(content, target, request)
  const parallel = target.rebase === true && (target.maxConcurrentUnpacks ?? 1) > 1
  await (parallel ? run.sideBySide() : run.inOrder())
  const top = chainIds(diffIds).at(-1)
  if (top !== undefined) {
    await addLabels(
      content,
      config.digest,
      { [`${LabelKey.gcRefSnapshot}${target.snapshotterName}`]: top },
      { signal, lease },
    )
  }
  return top
}

type Prepared = { readonly key: string; readonly mounts: readonly Mount[] }

class UnpackRun {
  readonly #content: ContentStore
  readonly #target: UnpackTarget
  readonly #request: UnpackRequest
  readonly #chain: readonly Digest[]
  readonly #locks: KeyedLock
  readonly #fetches = new Map<number, Promise<void>>()
  /** Stops the layers that are on their way once one has failed. */
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal

  constructor(content: ContentStore, target: UnpackTarget, request: UnpackRequest) {
    this.#content = content
    this.#target = target
    this.#request = request
    this.#chain = chainIds(request.diffIds)
    this.#locks = target.locks ?? new KeyedLock()
    this.#signal =
      request.signal === undefined ? this.#stop.signal : AbortSignal.any([request.signal, this.#stop.signal])
  }

  get #call(): CallOptions {
    return { signal: this.#signal, lease: this.#request.lease }
  }

  async inOrder(): Promise<void> {
    try {
      for (let i = 0; i < this.#chain.length; i++) {
        using _lock = await this.#lock(i)
        const prepared = await this.#prepare(i, this.#chain[i - 1])
        if (prepared === undefined) continue
        await this.#orRemove(prepared, async () => {
          await this.#apply(i, prepared)
          await this.#commit(i, prepared, undefined)
        })
      }
    } catch (error) {
      this.#stop.abort(error)
      throw error
    } finally {
      await this.#settleFetches()
    }
  }

  /** Applies layers without their parents at the same time; commits in order, each onto the one below. */
  async sideBySide(): Promise<void> {
    await using locks = new AsyncDisposableStack()
    // Taken in the order of the chain: chains with a layer in common share all below it, so nobody waits in a circle.
    for (let i = 0; i < this.#chain.length; i++) locks.use(await this.#lock(i))
    const limit = new Semaphore(this.#target.maxConcurrentUnpacks ?? 1)
    const applied = this.#chain.map((_, i) =>
      limit.run(async () => {
        const prepared = await this.#prepare(i, undefined)
        if (prepared !== undefined) {
          const mounts = i === 0 ? prepared.mounts : overlayWithoutParents(prepared.mounts)
          await this.#orRemove(prepared, () => this.#apply(i, { ...prepared, mounts }))
        }
        return prepared
      }, this.#signal),
    )
    for (const layer of applied) layer.catch((error: unknown) => this.#stop.abort(error))
    let failure: { readonly error: unknown } | undefined
    for (const [i, layer] of applied.entries()) {
      try {
        const prepared = await layer
        if (prepared === undefined) continue
        if (failure !== undefined) await this.#remove(prepared)
        else await this.#orRemove(prepared, () => this.#commit(i, prepared, this.#chain[i - 1]))
      } catch (error) {
        failure ??= { error }
        this.#stop.abort(error)
      }
    }
    await this.#settleFetches()
    // The first failure stops the other layers; the signal keeps it, whichever layer was looked at first.
    if (failure !== undefined) throw this.#request.signal?.aborted === true ? failure.error : this.#stop.signal.reason
  }

  #lock(i: number): Promise<Held> {
    return this.#locks.acquire(`${this.#target.snapshotterName}/${this.#chain[i]}`, this.#signal)
  }

  /** An extraction snapshot for layer `i`; absent when the layer is there already. */
  async #prepare(i: number, parent: Digest | undefined): Promise<Prepared | undefined> {
    const { snapshotter } = this.#target
    const [layer, chainId] = [this.#request.layers[i] as OciDescriptor, this.#chain[i] as Digest]
    for (let attempt = 0; attempt < maxPrepareTries; attempt++) {
      const key = `extract-${process.hrtime.bigint() % 1_000_000_000n}-${randomBytes(3).toString('base64url')} ${chainId}`
      try {
        return { key, mounts: await snapshotter.prepare(key, parent, { ...this.#call, labels: this.#labels(i) }) }
      } catch (error) {
        if (!isAlreadyExists(error)) throw error
      }
      try {
        await snapshotter.stat(chainId, this.#call)
        this.#request.onLayer?.('already exists', layer, layer.sizeBytes)
        return undefined
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    }
    throw new NotFoundError(`failed to prepare extraction snapshot of ${chainId}`)
  }

  #labels(i: number): Labels {
    const [layer, chainId, parent] = [
      this.#request.layers[i] as OciDescriptor,
      this.#chain[i] as Digest,
      this.#chain[i - 1],
    ]
    const annotations = Object.entries(layer.annotations ?? {}).filter(([key]) =>
      key.startsWith(LabelKey.snapshotPrefix),
    )
    const { origin, layers } = this.#request
    return {
      ...Object.fromEntries(annotations),
      ...(origin !== undefined && this.#target.wantsOrigin === true ? originLabels(origin, layers, i) : {}),
      ...this.#target.snapshotLabels,
      [LabelKey.snapshotRef]: chainId,
      [`${LabelKey.snapshotPrefix}diff-id`]: this.#request.diffIds[i] as Digest,
      ...(parent === undefined ? {} : { [`${LabelKey.snapshotPrefix}parent-chain-id`]: parent }),
    }
  }

  async #apply(i: number, { mounts }: Prepared): Promise<void> {
    const [layer, diffId] = [this.#request.layers[i] as OciDescriptor, this.#request.diffIds[i] as Digest]
    this.#startFetches(i)
    await this.#fetches.get(i)
    this.#request.onLayer?.('extracting', layer, 0)
    const applied = await this.#target.applier.apply(layer, mounts, this.#content, {
      ...this.#call,
      syncFs: this.#target.syncFs,
      onProgress: (readBytes) => this.#request.onLayer?.('extracting', layer, readBytes),
    })
    if (applied.digest !== diffId) {
      throw new FailedPreconditionError(`wrong diff id ${applied.digest}, expected ${diffId} of layer ${layer.digest}`)
    }
  }

  async #commit(i: number, prepared: Prepared, rebaseOn: Digest | undefined): Promise<void> {
    const [layer, chainId, diffId] = [
      this.#request.layers[i] as OciDescriptor,
      this.#chain[i] as Digest,
      this.#request.diffIds[i] as Digest,
    ]
    const parent = rebaseOn === undefined ? {} : { parent: rebaseOn }
    try {
      await this.#target.snapshotter.commit(chainId, prepared.key, {
        ...this.#call,
        labels: this.#labels(i),
        ...parent,
      })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      await this.#remove(prepared)
    }
    await addLabels(this.#content, layer.digest, { [LabelKey.uncompressed]: diffId }, this.#call)
    this.#request.onLayer?.('extracted', layer, layer.sizeBytes)
  }

  /** From the first layer that is needed on, all above it are as well: they are fetched meanwhile. */
  #startFetches(from: number): void {
    const { fetchLayer } = this.#request
    for (let j = from; fetchLayer !== undefined && j < this.#chain.length; j++) {
      if (this.#fetches.has(j)) continue
      const fetched = fetchLayer(j, this.#signal)
      // Awaited before the layer is applied, or at the end; never unhandled in between.
      fetched.catch(() => {})
      this.#fetches.set(j, fetched)
    }
  }

  async #settleFetches(): Promise<void> {
    await Promise.allSettled(this.#fetches.values())
  }

  async #orRemove(prepared: Prepared, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      await this.#remove(prepared)
      throw error
    }
  }

  /** Runs although the request may be cancelled: the snapshot is ours to take away. */
  async #remove({ key }: Prepared): Promise<void> {
    await this.#target.snapshotter.remove(key).catch(() => {
      // What remains belongs to the lease and goes with it; the caller needs the first error.
    })
  }
}

/**
 * A snapshot without a parent is a bind mount, on which whiteouts would delete what is not there and be lost.
 * Called an overlay of its one directory, the applier keeps them as overlayfs wants them.
 */
function overlayWithoutParents(mounts: readonly Mount[]): readonly Mount[] {
  const [mount] = mounts
  if (mounts.length !== 1 || mount?.type !== 'bind') return mounts
  const options = mount.options.filter((option) => option !== 'rbind')
  return [{ type: 'overlay', source: 'overlay', options: [...options, `upperdir=${mount.source}`] }]
}
