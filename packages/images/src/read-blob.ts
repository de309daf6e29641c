// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentProvider, Descriptor, Digest } from '@containerd-ts/core'
import { DataLossError, ResourceExhaustedError } from '@containerd-ts/errdefs'
import { decodeConfig, decodeIndex, decodeManifest } from '@containerd-ts/oci'
import type { ImageConfig, ImageIndex, ImageManifest } from '@containerd-ts/oci'

/** Largest manifest, index or config that is read into memory. */
const maxDocumentBytes = 16 * 1024 * 1024
const chunkBytes = 1024 * 1024

/** A whole small blob. @throws {NotFoundError} @throws {ResourceExhaustedError} larger than 16 MiB */
export async function readBlob(content: ContentProvider, digest: Digest, options?: CallOptions): Promise<Uint8Array> {
  await using reader = await content.open(digest, options)
  if (reader.sizeBytes > maxDocumentBytes) {
    throw new ResourceExhaustedError(
      `content ${digest} of ${reader.sizeBytes} bytes is larger than ${maxDocumentBytes} bytes`,
    )
  }
  const parts: Uint8Array[] = []
  let size = 0
  while (size < reader.sizeBytes) {
    options?.signal?.throwIfAborted()
    const part = await reader.read(size, Math.min(chunkBytes, reader.sizeBytes - size))
    if (part.length === 0) throw new DataLossError(`content ${digest} ends at ${size} of ${reader.sizeBytes} bytes`)
    parts.push(part)
    size += part.length
  }
  const [first] = parts
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts)
}

/** The bytes of a blob, at most 1 MiB at a time. */
export async function* blobBytes(
  content: ContentProvider,
  digest: Digest,
  options?: CallOptions,
): AsyncIterable<Uint8Array> {
  await using reader = await content.open(digest, options)
  for (let at = 0; at < reader.sizeBytes;) {
    options?.signal?.throwIfAborted()
    const part = await reader.read(at, chunkBytes)
    if (part.length === 0) throw new DataLossError(`content ${digest} ends at ${at} of ${reader.sizeBytes} bytes`)
    at += part.length
    yield part
  }
}

const within = (what: string, { digest }: Descriptor, cause: unknown): unknown =>
  (cause as { name?: unknown }).name === 'InvalidArgumentError'
    ? Object.assign(cause as Error, { message: `${what} ${digest}: ${(cause as Error).message}` })
    : cause

async function read<T>(
  content: ContentProvider,
  descriptor: Descriptor,
  options: CallOptions | undefined,
  what: string,
  decode: (bytes: Uint8Array) => T,
): Promise<T> {
  const bytes = await readBlob(content, descriptor.digest, options)
  try {
    return decode(bytes)
  } catch (error) {
    throw within(what, descriptor, error)
  }
}

/** @throws {NotFoundError} @throws {InvalidArgumentError} malformed */
export const readManifest = (content: ContentProvider, d: Descriptor, options?: CallOptions): Promise<ImageManifest> =>
  read(content, d, options, 'manifest', decodeManifest)

/** @throws {NotFoundError} @throws {InvalidArgumentError} malformed */
export const readIndex = (content: ContentProvider, d: Descriptor, options?: CallOptions): Promise<ImageIndex> =>
  read(content, d, options, 'index', decodeIndex)

/** @throws {NotFoundError} @throws {InvalidArgumentError} malformed */
export const readConfig = (content: ContentProvider, d: Descriptor, options?: CallOptions): Promise<ImageConfig> =>
  read(content, d, options, 'image config', decodeConfig)
