// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentIngester, ContentManager, Descriptor, Digest, Labels } from '@containerd-ts/core'
import { isAlreadyExists } from '@containerd-ts/errdefs'
import { digestBytes } from '@containerd-ts/oci'
import { copyInto } from '@containerd-ts/remotes'
import { addLabels } from './gc-labels.ts'

export interface WriteBlobOptions extends CallOptions {
  /** As a function: asked once all bytes are written. */
  readonly labels?: Labels | (() => Labels) | undefined
  /** Size and digest the bytes must have. */
  readonly expected?: { readonly digest: Digest; readonly sizeBytes: number } | undefined
}

/** Writes a stream as a blob, from its beginning; one that exists already is left and labelled. */
export async function writeBlob(
  content: ContentIngester & ContentManager,
  ref: string,
  bytes: AsyncIterable<Uint8Array>,
  options: WriteBlobOptions = {},
): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const { labels: given, expected, ...call } = options
  await using writer = await content.ingest(ref, call)
  if ((await writer.status()).offsetBytes > 0) await writer.truncate(0)
  const sizeBytes = await copyInto(writer, bytes, () => call.signal?.throwIfAborted())
  const digest = await writer.digest()
  const labels = typeof given === 'function' ? given() : given
  try {
    await writer.commit({
      ...call,
      labels,
      ...(expected === undefined ? { sizeBytes } : { expected: expected.digest, sizeBytes: expected.sizeBytes }),
    })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    await addLabels(content, digest, labels ?? {}, call)
  }
  return { digest, sizeBytes }
}

/** Writes a small document and answers its descriptor. */
export async function writeDocument(
  content: ContentIngester & ContentManager,
  refPrefix: string,
  mediaType: string,
  bytes: Uint8Array,
  options: Omit<WriteBlobOptions, 'expected'> = {},
): Promise<Descriptor> {
  const digest = digestBytes(bytes)
  async function* once(): AsyncIterable<Uint8Array> {
    yield bytes
  }
  const expected = { digest, sizeBytes: bytes.length }
  await writeBlob(content, `${refPrefix}${digest}`, once(), { ...options, expected })
  return { mediaType, digest, sizeBytes: bytes.length }
}
