// SPDX-License-Identifier: Apache-2.0
import type { BlobWriter, CallOptions, ContentIngester, Labels } from '@containerd-ts/core'
import {
  describe,
  FailedPreconditionError,
  InvalidArgumentError,
  isAlreadyExists,
  isFailedPrecondition,
  isNotFound,
  isUnavailable,
} from '@containerd-ts/errdefs'
import { sleep } from '@containerd-ts/lifecycle'
import { Annotation, digestBytes, refKeyPrefix } from '@containerd-ts/oci'
import type { OciDescriptor } from '@containerd-ts/oci'
import { copyInto } from './copy-into.ts'
import type { Fetcher } from './fetcher.ts'

/** Name of a blob in ingests and in progress. */
export function refKey(descriptor: OciDescriptor): string {
  const name = descriptor.annotations?.[Annotation.refName]
  return (
    refKeyPrefix(descriptor.mediaType) +
    (name === undefined || name === '' ? descriptor.digest : `${name}@${descriptor.digest}`)
  )
}

export interface FetchIntoOptions extends CallOptions {
  readonly labels?: Labels | undefined
  /** Called with the bytes of the blob that the store has or is taking. */
  readonly onProgress?: ((offsetBytes: number) => void) | undefined
}

const maxUnlockedAttempts = 6

/**
 * Brings a blob into the store, after what an earlier attempt left there. Nothing is transferred when the store
 * has the blob. A failed or cancelled transfer keeps its ingest for the next one; bytes that turn out to have
 * another digest are dropped.
 * @throws {FailedPreconditionError} the bytes have another digest or size
 * @throws {InvalidArgumentError} the descriptor has no size
 */
export async function fetchInto(
  store: ContentIngester,
  fetcher: Fetcher,
  descriptor: OciDescriptor,
  options: FetchIntoOptions = {},
): Promise<'fetched' | 'exists'> {
  const { digest, sizeBytes } = descriptor
  if (sizeBytes === 0) {
    throw new InvalidArgumentError(`unable to fetch descriptor (${digest}) which reports content size of zero`)
  }
  for (;;) {
    const writer = await openWriter(store, descriptor, options)
    if (writer === undefined) return 'exists'
    let resumedAt = 0
    let wrong: unknown
    {
      await using open = writer
      try {
        resumedAt = (await open.status()).offsetBytes
        return await transfer(open, resumedAt, fetcher, descriptor, options)
      } catch (error) {
        if (!isFailedPrecondition(error)) throw error
        wrong = error
      }
    }
    // These bytes can never become this blob: no attempt must continue after them.
    await store.abort(refKey(descriptor), { lease: options.lease }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
    // Perhaps what an earlier attempt left was wrong: then a fresh one may be right.
    if (resumedAt === 0) throw wrong
  }
}

async function transfer(
  writer: BlobWriter,
  resumedAt: number,
  fetcher: Fetcher,
  descriptor: OciDescriptor,
  options: FetchIntoOptions,
): Promise<'fetched' | 'exists'> {
  const { digest, sizeBytes } = descriptor
  const commit = async (): Promise<'fetched' | 'exists'> => {
    options.signal?.throwIfAborted()
    try {
      await writer.commit({
        sizeBytes,
        expected: digest,
        labels: options.labels,
        lease: options.lease,
        signal: options.signal,
      })
      return 'fetched'
    } catch (error) {
      if (isAlreadyExists(error)) return 'exists'
      throw error
    }
  }
  if (resumedAt === sizeBytes) return commit()
  let offsetBytes = resumedAt
  if (offsetBytes > sizeBytes) {
    await writer.truncate(0)
    offsetBytes = 0
  }
  options.onProgress?.(offsetBytes)
  const source = embedded(descriptor)?.subarray(offsetBytes)
  const bytes =
    source === undefined ? fetcher.fetch(descriptor, { offset: offsetBytes, signal: options.signal }) : once(source)
  const start = offsetBytes
  await copyInto(writer, bytes, (received) => {
    if (start + received > sizeBytes)
      throw new FailedPreconditionError(`${digest} is longer than its ${sizeBytes} bytes`)
    options.onProgress?.(start + received)
  })
  return commit()
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

function embedded({ data, digest, sizeBytes }: OciDescriptor): Uint8Array | undefined {
  return data !== undefined && data.length === sizeBytes && digestBytes(data) === digest ? data : undefined
}

/** Waits while another writer holds the ref; absent once the blob exists. */
async function openWriter(
  store: ContentIngester,
  descriptor: OciDescriptor,
  options: FetchIntoOptions,
): Promise<BlobWriter | undefined> {
  for (let attempt = 1, waitMs = 16; ; attempt++, waitMs = Math.min(waitMs * 2, 2048)) {
    try {
      return await store.ingest(refKey(descriptor), {
        totalBytes: descriptor.sizeBytes,
        expected: descriptor.digest,
        lease: options.lease,
        signal: options.signal,
      })
    } catch (error) {
      if (isAlreadyExists(error)) return undefined
      if (!isUnavailable(error)) throw error
      // A lock ends with its holder; a store that is gone may never come back.
      if (attempt >= maxUnlockedAttempts && !describe(error).includes('locked')) throw error
      await sleep(waitMs * (0.5 + Math.random()), options.signal)
    }
  }
}
