// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentStore, Digest, Labels } from '@containerd-ts/core'
import { LabelKey } from '@containerd-ts/core'
import { FailedPreconditionError, NotFoundError } from '@containerd-ts/errdefs'
import { Semaphore } from '@containerd-ts/lifecycle'
import {
  encodeIndex,
  encodeManifest,
  isConfigType,
  isDockerType,
  isIndexType,
  isManifestType,
} from '@containerd-ts/oci'
import type { ImageManifest, OciDescriptor, PlatformMatcher } from '@containerd-ts/oci'
import { childLabels } from '../gc-labels.ts'
import { readConfig, readIndex, readManifest } from '../read-blob.ts'
import { runAll } from '../run-all.ts'
import { writeDocument } from '../write-blob.ts'
import { ociMediaType, plainLayerType } from './oci-media-types.ts'
import { uncompressLayer } from './uncompress-layer.ts'
import type { PlainLayer } from './uncompress-layer.ts'

export interface Conversion {
  readonly uncompress: boolean
  readonly oci: boolean
  readonly platforms: PlatformMatcher
}

const layersAtOnce = 3

/** Rewrites a tree from its leaves up. What needs no change keeps its descriptor, the very object. */
export class TreeConverter {
  readonly #content: ContentStore
  readonly #conversion: Conversion
  readonly #options: CallOptions
  readonly #plain = new Map<Digest, PlainLayer>()

  constructor(content: ContentStore, conversion: Conversion, options: CallOptions) {
    this.#content = content
    this.#conversion = conversion
    this.#options = options
  }

  async convert(descriptor: OciDescriptor): Promise<OciDescriptor> {
    this.#options.signal?.throwIfAborted()
    if (isManifestType(descriptor.mediaType)) return this.#retyped(descriptor, await this.#manifest(descriptor))
    if (isIndexType(descriptor.mediaType)) return this.#retyped(descriptor, await this.#index(descriptor))
    return this.#retyped(descriptor, descriptor)
  }

  /** Docker's types have OCI's names on request; else they lose annotations, which are OCI's alone. */
  #retyped(original: OciDescriptor, converted: OciDescriptor): OciDescriptor {
    if (!isDockerType(original.mediaType)) return converted
    if (this.#conversion.oci) return { ...converted, mediaType: ociMediaType(converted.mediaType) }
    if (Object.keys(converted.annotations ?? {}).length === 0) return converted
    const { annotations: _annotations, ...bare } = converted
    return bare
  }

  async #index(descriptor: OciDescriptor): Promise<OciDescriptor> {
    const index = await readIndex(this.#content, descriptor, this.#options)
    const wanted = index.manifests.filter(
      ({ platform }) => platform === undefined || this.#conversion.platforms.match(platform),
    )
    if (wanted.length === 0 && index.manifests.length > 0) {
      throw new NotFoundError(`no match for platform in index ${descriptor.digest}`)
    }
    const manifests: OciDescriptor[] = []
    for (const manifest of wanted) manifests.push(await this.convert(manifest))
    const mediaType = this.#ownType(index.mediaType)
    if (mediaType === index.mediaType && same(manifests, index.manifests)) return descriptor
    const bytes = encodeIndex({ ...index, mediaType, manifests })
    return this.#write(descriptor, bytes, index.manifests, manifests)
  }

  async #manifest(descriptor: OciDescriptor): Promise<OciDescriptor> {
    const manifest = await readManifest(this.#content, descriptor, this.#options)
    const diffIds = await this.#diffIds(manifest)
    if (this.#conversion.uncompress) await this.#uncompress(manifest.layers)
    const layers = manifest.layers.map((layer, i) => this.#retyped(layer, this.#plainLayer(layer, diffIds[i])))
    const config = this.#retyped(manifest.config, manifest.config)
    const mediaType = this.#ownType(manifest.mediaType)
    const before = [manifest.config, ...manifest.layers]
    if (mediaType === manifest.mediaType && same([config, ...layers], before)) return descriptor
    const bytes = encodeManifest({ ...manifest, mediaType, config, layers })
    return this.#write(descriptor, bytes, before, [config, ...layers])
  }

  #ownType(mediaType: string | undefined): string | undefined {
    return this.#conversion.oci && mediaType !== undefined ? ociMediaType(mediaType) : mediaType
  }

  /** Makes sure that config and layers are there; answers the diff IDs, none where config and layers do not agree. */
  async #diffIds({ config, layers }: ImageManifest): Promise<readonly Digest[]> {
    for (const { digest } of [config, ...layers]) await this.#content.info(digest, this.#options)
    if (!isConfigType(config.mediaType)) return []
    const { diffIds } = await readConfig(this.#content, config, this.#options)
    return diffIds.length === layers.length ? diffIds : []
  }

  /** Each layer once, however often it is named. */
  async #uncompress(layers: readonly OciDescriptor[]): Promise<void> {
    const digests = layers.filter(({ mediaType }) => plainLayerType(mediaType) !== undefined).map((l) => l.digest)
    const missing = [...new Set(digests)].filter((digest) => !this.#plain.has(digest))
    const places = new Semaphore(layersAtOnce)
    await runAll(missing, this.#options.signal, (digest, signal) =>
      places.run(async () => {
        const plain = await uncompressLayer(this.#content, digest, { ...this.#options, signal })
        this.#plain.set(digest, plain)
      }, signal),
    )
  }

  #plainLayer(layer: OciDescriptor, diffId: Digest | undefined): OciDescriptor {
    const plain = this.#plain.get(layer.digest)
    const mediaType = plainLayerType(layer.mediaType)
    if (plain === undefined || mediaType === undefined) return layer
    if (diffId !== undefined && plain.digest !== diffId) {
      throw new FailedPreconditionError(`layer ${layer.digest} is ${plain.digest} uncompressed, not diff ID ${diffId}`)
    }
    return { ...withoutBytes(layer), ...plain, mediaType }
  }

  /** Stores a document in place of another, whose labels it has but for those that tie the children it replaced. */
  async #write(
    original: OciDescriptor,
    json: Uint8Array,
    before: readonly OciDescriptor[],
    children: readonly OciDescriptor[],
  ): Promise<OciDescriptor> {
    const kept = untied((await this.#content.info(original.digest, this.#options)).labels, before)
    const labels = { ...kept, ...childLabels(children) }
    const written = await writeDocument(this.#content, 'converter-write-json-', original.mediaType, asGoWrites(json), {
      ...this.#options,
      labels,
    })
    return { ...withoutBytes(original), ...written }
  }
}

const same = (a: readonly OciDescriptor[], b: readonly OciDescriptor[]): boolean =>
  a.length === b.length && a.every((descriptor, i) => descriptor === b[i])

/** Embedded data and addresses are of the bytes there were. */
function withoutBytes({ data: _data, urls: _urls, ...rest }: OciDescriptor): OciDescriptor {
  return rest
}

function untied(labels: Labels, children: readonly OciDescriptor[]): Labels {
  const digests = new Set<string>(children.map(({ digest }) => digest))
  const ties = ([key, value]: readonly [string, string]): boolean =>
    key.startsWith(LabelKey.gcRefContent) && digests.has(value)
  return Object.fromEntries(Object.entries(labels).filter((entry) => !ties(entry)))
}

/** Go's encoder escapes what HTML would read: with it, both come to the same digests. */
function asGoWrites(json: Uint8Array): Uint8Array {
  const escaped = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  return Buffer.from(
    Buffer.from(json)
      .toString()
      .replace(/[<>&\u2028\u2029]/g, escaped),
  )
}
