// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentStore, Digest } from '@containerd-ts/core'
import { NotFoundError } from '@containerd-ts/errdefs'
import type { KeyedLock, Semaphore } from '@containerd-ts/lifecycle'
import {
  isAttestationType,
  isConfigType,
  isIndexType,
  isLayerType,
  isManifestType,
  parseReference,
} from '@containerd-ts/oci'
import type { OciDescriptor } from '@containerd-ts/oci'
import { fetchInto } from '@containerd-ts/remotes'
import type { Fetcher } from '@containerd-ts/remotes'
import { addLabels, childLabel, childLabels, childLabelWithoutLayers } from './gc-labels.ts'
import { childrenOf, filterPlatforms, limitManifests } from './handlers.ts'
import type { FetchScope, UnpackPlan } from './fetch-scope.ts'
import type { ChildrenHandler } from './handlers.ts'
import type { ProgressReporter } from './progress.ts'
import { readConfig } from './read-blob.ts'
import { addSourceLabel, sourceLabels } from './source-label.ts'
import { runAll } from './run-all.ts'
import { unpackLayers } from './unpack.ts'
import type { UnpackRequest } from './unpack.ts'

export interface FetchTreeOptions extends CallOptions, FetchScope {
  readonly content: ContentStore
  readonly fetcher: Fetcher
  readonly ref: string
  readonly unpack?: readonly UnpackPlan[] | undefined
  readonly reporter: ProgressReporter
  readonly downloads: Semaphore
  /** One transfer per blob, however often the tree names it. */
  readonly blobs: KeyedLock
}

/**
 * Fetches a tree from its root: parents before children, siblings side by side. Layers of a manifest that is to
 * be unpacked wait for the config, and those already unpacked are not fetched.
 */
export async function fetchTree(root: OciDescriptor, options: FetchTreeOptions): Promise<void> {
  await new TreeFetch(options).visit(root, options.signal)
}

class TreeFetch {
  readonly #options: FetchTreeOptions
  readonly #children: ChildrenHandler

  constructor(options: FetchTreeOptions) {
    this.#options = options
    this.#children = scopedChildren(options)
  }

  async visit(descriptor: OciDescriptor, signal: AbortSignal | undefined): Promise<void> {
    await this.#fetch(descriptor, signal)
    if (!isManifestType(descriptor.mediaType) && !isIndexType(descriptor.mediaType)) return
    const children = await this.#children(descriptor)
    this.#options.reporter.children(descriptor, children)
    if (isManifestType(descriptor.mediaType) && (this.#options.unpack ?? []).length > 0) {
      await this.#visitUnpacked(descriptor.digest, children, signal)
      return
    }
    await runAll(children, signal, (child, stop) => this.visit(child, stop))
  }

  async #visitUnpacked(
    manifest: Digest,
    children: readonly OciDescriptor[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const layers = children.filter((child) => isLayerType(child.mediaType))
    const rest = children.filter((child) => !isLayerType(child.mediaType))
    await runAll(rest, signal, (child, stop) => this.visit(child, stop))
    const config = rest.find((child) => isConfigType(child.mediaType))
    const decoded = config === undefined ? undefined : await readConfig(this.#options.content, config, { signal })
    const plan =
      decoded &&
      this.#options.unpack?.find(
        ({ platforms, configType = config?.mediaType }) =>
          configType === config?.mediaType && platforms.match(decoded.platform),
      )
    if (config === undefined || decoded === undefined || plan === undefined || layers.length === 0) {
      await runAll(layers, signal, (layer, stop) => this.#fetch(layer, stop))
      return
    }
    const { ref } = this.#options
    await this.#unpack(plan, { config, diffIds: decoded.diffIds, layers, origin: { ref, manifest }, signal })
  }

  async #unpack({ target }: UnpackPlan, what: UnpackRequest): Promise<void> {
    const { content, lease, reporter } = this.#options
    await unpackLayers(content, target, {
      ...what,
      lease,
      fetchLayer: (index, stop) => this.#fetch(what.layers[index] as OciDescriptor, stop),
      onLayer: (event, layer, readBytes) => reporter.part(event, layer, readBytes),
    })
  }

  async #fetch(descriptor: OciDescriptor, signal: AbortSignal | undefined): Promise<void> {
    const { content, fetcher, reporter, lease, downloads, blobs, ref } = this.#options
    const reference = parseReference(ref)
    await blobs.run(
      descriptor.digest,
      async () => {
        using _place = await downloads.acquire(signal)
        const outcome = await fetchInto(content, fetcher, descriptor, {
          signal,
          lease,
          labels: sourceLabels({}, reference),
          onProgress: (offset) => reporter.part('downloading', descriptor, offset),
        })
        reporter.part(outcome === 'exists' ? 'already exists' : 'complete', descriptor)
        if (outcome === 'exists') await addSourceLabel(content, descriptor.digest, reference, { signal, lease })
      },
      signal,
    )
  }
}

/** Ties all children to their parent, also those that are not taken. */
function labelledChildren({ content, discardLayers, signal, lease }: FetchTreeOptions): ChildrenHandler {
  const next = childrenOf(content, { signal })
  return async (descriptor) => {
    const children = await next(descriptor)
    const labels = childLabels(children, discardLayers === true ? childLabelWithoutLayers : childLabel)
    await addLabels(content, descriptor.digest, labels, { signal, lease })
    return children
  }
}

function scopedChildren(options: FetchTreeOptions): ChildrenHandler {
  const { platforms, allMetadata = false, manifestLimit = 1 } = options
  const all = labelledChildren(options)
  const matching = limitManifests(filterPlatforms(all, platforms), platforms, manifestLimit)
  return allMetadata ? metadataOfOthers(all, matching) : matching
}

/** Takes everything, but of manifests that `matching` would have left out only what describes them. */
function metadataOfOthers(all: ChildrenHandler, matching: ChildrenHandler): ChildrenHandler {
  const others = new Set<string>()
  return async (descriptor) => {
    if (!isIndexType(descriptor.mediaType)) {
      const children = await all(descriptor)
      return others.has(descriptor.digest) ? children.filter(describes) : children
    }
    const wanted = new Set((await matching(descriptor)).map(({ digest }) => digest))
    if (wanted.size === 0) throw new NotFoundError(`no match for platform in manifest ${descriptor.digest}`)
    const children = await all(descriptor)
    for (const { digest, mediaType } of children) {
      if (!wanted.has(digest) && !isIndexType(mediaType)) others.add(digest)
    }
    return children
  }
}

const describes = ({ mediaType }: OciDescriptor): boolean => isConfigType(mediaType) || isAttestationType(mediaType)
