// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { ContentStore, Descriptor, Digest, Filter } from '@containerd-ts/core'
import { digestAlgorithm, digestHex, LabelKey } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import {
  Annotation,
  encodeIndex,
  encodeManifest,
  fullName,
  MediaType,
  normaliseName,
  sniffCompression,
} from '@containerd-ts/oci'
import type { OciDescriptor } from '@containerd-ts/oci'
import { childLabels } from '../gc-labels.ts'
import { blobBytes, readConfig } from '../read-blob.ts'
import { writeBlob, writeDocument } from '../write-blob.ts'
import type { ImportIndexOptions } from './import-index.ts'

/** Regular files of an archive as they were stored, and where its symlinks point. */
export interface ArchiveFiles {
  readonly blobs: Map<string, { readonly digest: Digest; readonly sizeBytes: number }>
  readonly links: Map<string, string>
}

interface SavedImage {
  readonly config: string
  readonly layers: readonly string[]
  readonly repoTags: readonly string[]
}

/** Writes manifests and an index for what `docker save` describes in its `manifest.json`. */
export async function indexOfDockerArchive(
  content: ContentStore,
  document: unknown,
  files: ArchiveFiles,
  options: ImportIndexOptions,
): Promise<Descriptor> {
  const entries: OciDescriptor[] = []
  for (const image of parseSaved(document)) {
    const blob = files.blobs.get(image.config)
    if (blob === undefined) throw new InvalidArgumentError(`image config "${image.config}" not found`)
    const config = { mediaType: MediaType.dockerConfig, ...blob }
    const layers: OciDescriptor[] = []
    for (const path of image.layers) layers.push(await layerAt(content, path, files, options))
    const bytes = encodeManifest({ mediaType: MediaType.dockerManifest, config, layers })
    const labels = childLabels([config, ...layers])
    const manifest = await writeDocument(content, 'manifest-', MediaType.dockerManifest, bytes, { ...options, labels })
    const { platform } = await readConfig(content, config, options)
    const entry = { ...manifest, platform }
    if (image.repoTags.length === 0) entries.push(entry)
    for (const repoTag of image.repoTags) {
      const name = normaliseName(repoTag)
      const annotations = { [Annotation.imageName]: fullName(name), [Annotation.refName]: name.tag ?? 'latest' }
      entries.push({ ...entry, annotations })
    }
  }
  const labels = childLabels(entries)
  return writeDocument(content, 'manifest-', MediaType.ociIndex, encodeIndex({ manifests: entries }), {
    ...options,
    labels,
  })
}

function parseSaved(document: unknown): readonly SavedImage[] {
  if (!Array.isArray(document)) throw new InvalidArgumentError('manifest.json is not a list')
  const strings = (value: unknown): readonly string[] =>
    Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  return document.map((item: unknown) => {
    const { Config, Layers, RepoTags } = (item ?? {}) as Record<string, unknown>
    if (typeof Config !== 'string') throw new InvalidArgumentError('manifest.json names no config')
    return { config: Config, layers: strings(Layers), repoTags: strings(RepoTags) }
  })
}

async function layerAt(
  content: ContentStore,
  path: string,
  files: ArchiveFiles,
  options: ImportIndexOptions,
): Promise<OciDescriptor> {
  const blob = files.blobs.get(path) ?? files.blobs.get(files.links.get(path) ?? '')
  if (blob === undefined) throw new InvalidArgumentError(`layer "${path}" not found`)
  const packed = await packedBlob(content, blob.digest)
  if (packed !== undefined) return packed
  await using reader = await content.open(blob.digest, options)
  const kind = sniffCompression(await reader.read(0, 10))
  // Docker has no type of its own for zstd; the decoder goes by the bytes.
  if (kind !== 'none') return { mediaType: MediaType.dockerLayerGzip, ...blob }
  if (options.compressBlobs !== true) return { mediaType: MediaType.dockerLayer, ...blob }
  const { digest } = blob
  const ref = `compress-blob-${digestAlgorithm(digest)}-${digestHex(digest)}`
  const gzip = Readable.from(blobBytes(content, digest, options), { objectMode: false }).pipe(createGzip())
  const labels = { [LabelKey.uncompressed]: digest }
  return { mediaType: MediaType.dockerLayerGzip, ...(await writeBlob(content, ref, gzip, { ...options, labels })) }
}

/** A compressed blob that the store knows to hold the same layer. */
async function packedBlob(content: ContentStore, diffId: Digest): Promise<OciDescriptor | undefined> {
  const filter: Filter = {
    text: `labels."${LabelKey.uncompressed}"==${diffId}`,
    matches: (lookup) => lookup(['labels', LabelKey.uncompressed]) === diffId,
  }
  for await (const { digest, sizeBytes } of content.list([filter])) {
    return { mediaType: MediaType.dockerLayerGzip, digest, sizeBytes }
  }
  return undefined
}
