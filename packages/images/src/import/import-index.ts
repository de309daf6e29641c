// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path'
import type { CallOptions, ContentStore, Descriptor } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { MediaType } from '@containerd-ts/oci'
import { writeBlob } from '../write-blob.ts'
import type { ArchiveEntry } from './archive-entries.ts'
import { archiveEntries } from './archive-entries.ts'
import { indexOfDockerArchive } from './docker-archive.ts'
import type { ArchiveFiles } from './docker-archive.ts'

export interface ImportIndexOptions extends CallOptions {
  /** Compresses the raw layers of a docker archive. */
  readonly compressBlobs?: boolean | undefined
}

const documentLimitBytes = 20 * 1024 * 1024

/**
 * Reads an image archive, OCI layout or `docker save`, into the store and answers its index. Names nothing; the
 * caller holds a lease.
 * @throws {InvalidArgumentError} not an image archive
 */
export async function importIndex(
  content: ContentStore,
  archive: AsyncIterable<Uint8Array>,
  options: ImportIndexOptions = {},
): Promise<Descriptor> {
  const files: ArchiveFiles = { blobs: new Map(), links: new Map() }
  let layout: unknown
  let dockerManifest: unknown
  for await (const entry of archiveEntries(archive, options.signal)) {
    options.signal?.throwIfAborted()
    if (entry.type === 'symlink') files.links.set(entry.name, posix.join(posix.dirname(entry.name), entry.linkName))
    if (entry.type !== 'file' && entry.type !== 'contiguous-file') continue
    if (entry.name === 'oci-layout') layout = await readJson(entry)
    else if (entry.name === 'manifest.json') dockerManifest = await readJson(entry)
    else files.blobs.set(entry.name, await writeBlob(content, `tar-${entry.name}`, entry.bytes, options))
  }
  if (layout !== undefined) return layoutIndex(layout, files)
  if (dockerManifest === undefined) throw new InvalidArgumentError('unrecognized image format')
  return indexOfDockerArchive(content, dockerManifest, files, options)
}

function layoutIndex(layout: unknown, { blobs }: ArchiveFiles): Descriptor {
  const version = (layout as { imageLayoutVersion?: unknown } | null)?.imageLayoutVersion
  if (version !== '1.0.0') throw new InvalidArgumentError(`unsupported OCI version ${String(version)}`)
  const index = blobs.get('index.json')
  if (index === undefined) throw new InvalidArgumentError('missing index.json in OCI layout 1.0.0')
  return { mediaType: MediaType.ociIndex, ...index }
}

async function readJson(entry: ArchiveEntry): Promise<unknown> {
  if (entry.sizeBytes > documentLimitBytes) {
    throw new InvalidArgumentError(
      `${entry.name} of ${entry.sizeBytes} bytes is larger than ${documentLimitBytes} bytes`,
    )
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of entry.bytes) chunks.push(chunk)
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    throw new InvalidArgumentError(`${entry.name} is not JSON`, { cause })
  }
}
