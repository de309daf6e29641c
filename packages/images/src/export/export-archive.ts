// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import type { CallOptions, ContentStore, Descriptor } from '@containerd-ts/core'
import { digestAlgorithm, digestHex } from '@containerd-ts/core'
import { DataLossError } from '@containerd-ts/errdefs'
import type { PlatformMatcher } from '@containerd-ts/oci'
import { pack } from 'tar-stream'
import type { Pack } from 'tar-stream'
import { drained } from '@containerd-ts/lifecycle'
import { blobBytes } from '../read-blob.ts'
import { collectExport } from './export-contents.ts'

export interface ExportItem {
  readonly target: Descriptor
  /** Names the image has in the archive; may be none. */
  readonly names: readonly string[]
}

export interface ExportOptions extends CallOptions {
  /** Of an index, exports these manifests only. Default: all that are there. */
  readonly platforms?: PlatformMatcher | undefined
  /** Leaves out `manifest.json`, which is for Docker. */
  readonly skipDockerManifest?: boolean | undefined
  readonly skipNonDistributable?: boolean | undefined
  /** Keeps a manifest but drops its children when one of them is absent. */
  readonly skipMissing?: boolean | undefined
}

/** One file or directory of the archive. */
export type ExportEntry =
  | { readonly kind: 'directory'; readonly name: string }
  | { readonly kind: 'file'; readonly name: string; readonly mode: number; readonly bytes: Uint8Array }
  | { readonly kind: 'blob'; readonly name: string; readonly descriptor: Descriptor }

/**
 * An archive that is both an OCI layout and what `docker load` reads. Equal content gives equal bytes.
 * @throws {NotFoundError} a blob is missing, or nothing matches the platform
 * @throws {DataLossError} a blob differs from its digest
 */
export async function* exportArchive(
  content: ContentStore,
  items: readonly ExportItem[],
  options: ExportOptions = {},
): AsyncIterable<Uint8Array> {
  const entries = await collectExport(content, items, options)
  const archive = pack()
  const writing = writeEntries(archive, content, entries, options)
  // The archive's own stream ends with this failure; here it only must not be unhandled.
  writing.catch((error: Error) => archive.destroy(error))
  try {
    for await (const chunk of archive as AsyncIterable<Uint8Array>) yield chunk
    await writing
  } catch (error) {
    options.signal?.throwIfAborted()
    throw error
  } finally {
    archive.destroy(undefined)
    await writing.catch(() => {})
  }
}

async function writeEntries(
  archive: Pack,
  content: ContentStore,
  entries: readonly ExportEntry[],
  options: ExportOptions,
): Promise<void> {
  const fixed = { mtime: new Date(0), uid: 0, gid: 0 }
  for (const entry of entries) {
    options.signal?.throwIfAborted()
    if (entry.kind === 'directory') archive.entry({ ...fixed, name: entry.name, type: 'directory', mode: 0o755 })
    else if (entry.kind === 'file')
      archive.entry({ ...fixed, name: entry.name, mode: entry.mode }, Buffer.from(entry.bytes))
    else {
      const { sizeBytes } = entry.descriptor
      await writeBlobEntry(
        archive,
        { ...fixed, name: entry.name, mode: 0o444, size: sizeBytes },
        content,
        entry.descriptor,
        options,
      )
    }
  }
  archive.finalize()
}

async function writeBlobEntry(
  archive: Pack,
  header: Parameters<Pack['entry']>[0],
  content: ContentStore,
  { digest, sizeBytes }: Descriptor,
  { signal }: ExportOptions,
): Promise<void> {
  const hash = createHash(digestAlgorithm(digest))
  const { promise: written, resolve } = Promise.withResolvers<void>()
  // Failures of the archive reach its reader; here they only end the waiting.
  const entry = archive.entry(header, () => resolve())
  entry.on('error', () => resolve())
  let size = 0
  for await (const chunk of blobBytes(content, digest, { signal })) {
    size += chunk.length
    if (size > sizeBytes) break
    hash.update(chunk)
    if (archive.destroyed) return
    if (!entry.write(chunk)) await drained(entry, archive)
  }
  if (size !== sizeBytes) throw new DataLossError(`content ${digest} has ${size} bytes, expected ${sizeBytes}`)
  if (hash.digest('hex') !== digestHex(digest)) throw new DataLossError(`content ${digest} differs from its digest`)
  entry.end(undefined)
  await written
}
