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

const maxBatchBytes = 1024 * 1024
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
  const writer = await openWriter(store, descriptor, options)
  if (writer === undefined) return 'exists'
  const ref = refKey(descriptor)
  let wrong: unknown
  {
    await using open = writer
    try {
      return await transfer(open, fetcher, descriptor, options)
    } catch (error) {
      if (!isFailedPrecondition(error)) throw error
      wrong = error
    }
  }
  // These bytes can never become this blob: the next attempt must not continue after them.
  await store.abort(ref, { lease: options.lease }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
  throw wrong
}

async function transfer(
  writer: BlobWriter,
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
  let { offsetBytes } = await writer.status()
  if (offsetBytes === sizeBytes) {
    try {
      return await commit()
    } catch (error) {
      if (!isFailedPrecondition(error)) throw error
      offsetBytes = sizeBytes + 1
    }
  }
  if (offsetBytes > sizeBytes) {
    await writer.truncate(0)
    offsetBytes = 0
  }
  options.onProgress?.(offsetBytes)
  const source = embedded(descriptor)?.subarray(offsetBytes)
  const bytes =
    source === undefined ? fetcher.fetch(descriptor, { offset: offsetBytes, signal: options.signal }) : once(source)
  await copy(bytes, writer, offsetBytes, descriptor, options)
  return commit()
}

/** Copies in batches, reading the next while the store takes the last. */
async function copy(
  bytes: AsyncIterable<Uint8Array>,
  writer: BlobWriter,
  offset: number,
  { digest, sizeBytes }: OciDescriptor,
  { onProgress }: FetchIntoOptions,
): Promise<void> {
  let taking: Promise<void> = Promise.resolve()
  let batch: Uint8Array[] = []
  let batched = 0
  let received = offset
  const flush = async (): Promise<void> => {
    await taking
    if (batched === 0) return
    const [first] = batch
    taking = writer.write(batch.length === 1 && first !== undefined ? first : Buffer.concat(batch))
    // Awaited by the next flush; without this a failure in between would count as unhandled.
    taking.catch(() => {})
    batch = []
    batched = 0
  }
  try {
    for await (const chunk of bytes) {
      received += chunk.length
      if (received > sizeBytes) throw new FailedPreconditionError(`${digest} is longer than its ${sizeBytes} bytes`)
      batch.push(chunk)
      batched += chunk.length
      if (batched >= maxBatchBytes) await flush()
      onProgress?.(received)
    }
  } catch (error) {
    // What has arrived is kept, if the store still takes it: the next attempt continues there.
    if (received <= sizeBytes) await flush().catch(() => {})
    await taking.catch(() => {})
    throw error
  }
  await flush()
  await taking
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
