// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { createGzip, createZstdCompress } from 'node:zlib'
import type {
  CallOptions,
  ContentStore,
  Descriptor,
  Digest,
  Image,
  ImageStore,
  Labels,
  LeaseManager,
} from '@containerd-ts/core'
import { digestOf, LabelKey } from '@containerd-ts/core'
import { encodeConfig, encodeIndex, encodeManifest, hostPlatform, MediaType } from '@containerd-ts/oci'
import type { ImageConfig, ImageRunConfig, OciDescriptor, Platform } from '@containerd-ts/oci'
import { InternalError } from '@containerd-ts/errdefs'
import { childLabels } from './gc-labels.ts'
import { storeImage } from './image-record.ts'
import { withLease } from './lease.ts'
import { writeBlob, writeDocument } from './write-blob.ts'

export interface BuildRequest {
  /** Layers from the bottom up, each an uncompressed tar stream. */
  readonly layers: readonly AsyncIterable<Uint8Array>[]
  readonly config?: Partial<ImageRunConfig> | undefined
  /** Default: this machine's. */
  readonly platform?: Platform | undefined
  /** Default gzip. */
  readonly compression?: 'gzip' | 'zstd' | 'none' | undefined
  /** RFC 3339; the epoch when absent, so that equal input gives equal digests. */
  readonly created?: string | undefined
  /** Wraps the manifest into an index, as images of many platforms have it. */
  readonly asIndex?: boolean | undefined
}

const emptyRunConfig: ImageRunConfig = {
  user: '',
  env: [],
  entrypoint: [],
  cmd: [],
  workingDir: '',
  labels: {},
  stopSignal: '',
  volumes: [],
  exposedPorts: [],
  argsEscaped: false,
}

const layerTypes = { gzip: MediaType.ociLayerGzip, zstd: MediaType.ociLayerZstd, none: MediaType.ociLayer } as const

/** Writes layers, config and manifest (and index) with the labels that tie them; the caller holds a lease. */
export async function buildContent(
  content: ContentStore,
  request: BuildRequest,
  options: CallOptions = {},
): Promise<Descriptor> {
  const { platform = hostPlatform(), created = '1970-01-01T00:00:00Z', compression = 'gzip' } = request
  const layers: OciDescriptor[] = []
  const diffIds: Digest[] = []
  for (const [i, tar] of request.layers.entries()) {
    const { descriptor, diffId } = await writeLayer(content, tar, compression, i, options)
    layers.push(descriptor)
    diffIds.push(diffId)
  }
  const image: ImageConfig = {
    created,
    platform,
    config: { ...emptyRunConfig, ...request.config },
    diffIds,
    history: diffIds.map(() => ({ created, createdBy: 'containerd-ts build' })),
  }
  const config = await writeDocument(content, 'config-', MediaType.ociConfig, encodeConfig(image), options)
  const document = encodeManifest({ mediaType: MediaType.ociManifest, config, layers })
  const labels = childLabels([config, ...layers])
  const manifest = await writeDocument(content, 'manifest-', MediaType.ociManifest, document, { ...options, labels })
  if (request.asIndex !== true) return manifest
  const entry: OciDescriptor = { ...manifest, platform }
  const index = encodeIndex({ mediaType: MediaType.ociIndex, manifests: [entry] })
  return writeDocument(content, 'index-', MediaType.ociIndex, index, { ...options, labels: childLabels([entry]) })
}

/** Builds an image and names it. */
export function buildImage(
  stores: { readonly content: ContentStore; readonly images: ImageStore; readonly leases?: LeaseManager | undefined },
  name: string,
  request: BuildRequest & { readonly labels?: Labels | undefined },
  options: CallOptions = {},
): Promise<Image> {
  return withLease(stores.leases, options, async (leased) => {
    const target = await buildContent(stores.content, request, leased)
    return storeImage(stores.images, { name, target, labels: request.labels }, leased)
  })
}

async function writeLayer(
  content: ContentStore,
  tar: AsyncIterable<Uint8Array>,
  compression: 'gzip' | 'zstd' | 'none',
  index: number,
  options: CallOptions,
): Promise<{ readonly descriptor: OciDescriptor; readonly diffId: Digest }> {
  const hash = createHash('sha256')
  async function* hashed(): AsyncIterable<Uint8Array> {
    for await (const chunk of tar) {
      hash.update(chunk)
      yield chunk
    }
  }
  const source = Readable.from(hashed(), { objectMode: false })
  const packed =
    compression === 'none' ? source : source.pipe(compression === 'gzip' ? createGzip() : createZstdCompress())
  source.on('error', (error) => packed.destroy(error))
  const ref = `layer-build-${index}-${process.hrtime.bigint()}`
  let diffId: Digest | undefined
  const labels = (): Labels => {
    diffId = digestOf('sha256', hash.digest('hex'))
    return { [LabelKey.uncompressed]: diffId }
  }
  const { digest, sizeBytes } = await writeBlob(content, ref, packed, { ...options, labels })
  if (diffId === undefined) throw new InternalError(`layer ${digest} was stored without its diff ID`)
  return { descriptor: { mediaType: layerTypes[compression], digest, sizeBytes }, diffId }
}
