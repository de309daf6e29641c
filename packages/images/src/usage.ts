// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentStore, Descriptor, Labels, Snapshotter } from '@containerd-ts/core'
import { LabelKey } from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'
import { Semaphore } from '@containerd-ts/lifecycle'
import type { OciDescriptor, PlatformMatcher } from '@containerd-ts/oci'
import { refKey } from '@containerd-ts/remotes'
import { childrenOf, filterPlatforms, limitManifests } from './handlers.ts'
import type { ChildrenHandler } from './handlers.ts'

export interface UsageOptions extends CallOptions {
  /** Counts manifests of these platforms only. */
  readonly platforms?: PlatformMatcher | undefined
  /** With `platforms`: manifests per index. */
  readonly manifestLimit?: number | undefined
  /** Adds the bytes of blobs that are still arriving. */
  readonly countIngests?: boolean | undefined
  /** Adds the snapshots that blobs refer to, by snapshotter name. */
  readonly snapshotters?: Readonly<Record<string, Snapshotter>> | undefined
}

const concurrency = 3

/** Bytes an image takes: each blob once, and on request its snapshots with their parents. */
export async function imageUsage(
  content: ContentStore,
  target: Descriptor,
  options: UsageOptions = {},
): Promise<number> {
  return new UsageCount(content, options).of(target)
}

class UsageCount {
  readonly #content: ContentStore
  readonly #options: UsageOptions
  readonly #children: ChildrenHandler
  readonly #seen = new Set<string>()
  readonly #limit = new Semaphore(concurrency)

  constructor(content: ContentStore, options: UsageOptions) {
    this.#content = content
    this.#options = options
    const all = childrenOf(content, options)
    const { platforms, manifestLimit = 0 } = options
    this.#children =
      platforms === undefined ? all : limitManifests(filterPlatforms(all, platforms), platforms, manifestLimit)
  }

  async of(descriptor: OciDescriptor): Promise<number> {
    if (this.#seen.has(descriptor.digest)) return 0
    this.#seen.add(descriptor.digest)
    const { size, children } = await this.#limit.run(() => this.#one(descriptor), this.#options.signal)
    const below = await Promise.all(children.map((child) => this.of(child)))
    return below.reduce((sum, part) => sum + part, size)
  }

  async #one(descriptor: OciDescriptor): Promise<{ size: number; children: readonly OciDescriptor[] }> {
    let info: { readonly sizeBytes: number; readonly labels: Labels }
    try {
      info = await this.#content.info(descriptor.digest, this.#options)
    } catch (error) {
      if (!isNotFound(error)) throw error
      return { size: await this.#ingested(descriptor), children: [] }
    }
    const size = Math.max(descriptor.sizeBytes, info.sizeBytes) + (await this.#snapshots(info.labels))
    return { size, children: await this.#children(descriptor) }
  }

  async #ingested(descriptor: OciDescriptor): Promise<number> {
    if (this.#options.countIngests !== true) return 0
    try {
      return (await this.#content.ingestStatus(refKey(descriptor), this.#options)).offsetBytes
    } catch (error) {
      if (isNotFound(error)) return 0
      throw error
    }
  }

  async #snapshots(labels: Labels): Promise<number> {
    let total = 0
    for (const [key, name] of Object.entries(labels)) {
      if (!key.startsWith(LabelKey.gcRefSnapshot)) continue
      const snapshotterName = key.slice(LabelKey.gcRefSnapshot.length).split('/')[0] as string
      const snapshotter = this.#options.snapshotters?.[snapshotterName]
      if (snapshotter !== undefined) total += await this.#chain(snapshotterName, snapshotter, name)
    }
    return total
  }

  async #chain(snapshotterName: string, snapshotter: Snapshotter, top: string): Promise<number> {
    let total = 0
    for (let name: string | undefined = top; name !== undefined && name !== '';) {
      const key = `${snapshotterName} ${name}`
      if (this.#seen.has(key)) break
      this.#seen.add(key)
      try {
        total += (await snapshotter.usage(name, this.#options)).sizeBytes
        name = (await snapshotter.stat(name, this.#options)).parent
      } catch (error) {
        if (isNotFound(error)) break
        throw error
      }
    }
    return total
  }
}
