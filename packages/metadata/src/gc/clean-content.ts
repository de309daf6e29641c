// SPDX-License-Identifier: Apache-2.0
import type { Digest } from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'
import type { ReadTransaction } from '@containerd-ts/store'
import type { MetadataState } from '../metadata-state.ts'
import { blobs, ingests, namespaces } from '../tables.ts'
import { Pacer } from './pacer.ts'

/** Removals under way at a time. They go through the same few threads as commits and everybody's files. */
const parallel = 2

/** Removes blobs and ingests that no namespace has a record of. One that cannot be removed is left for the next time. */
export async function cleanContent(state: MetadataState): Promise<void> {
  const { everything, ...pending } = state.pending.takeContent()
  const digests = new Set(pending.blobs)
  const refs = new Set(pending.ingests)
  if (everything) {
    try {
      for await (const { digest } of state.content.list()) digests.add(digest)
      for await (const { ref } of state.content.ingests()) refs.add(ref)
    } catch (error) {
      state.pending.markUnknown('content')
      state.logger.error('content backend not listed', { error })
    }
  }
  await inParallel(digests, (digest) => removeBlob(state, digest))
  await inParallel(refs, (ref) => removeIngest(state, ref))
}

/** Under the digest's lock: a writer that commits the same blob comes before the look at the records, or after the removal. */
async function removeBlob(state: MetadataState, digest: Digest): Promise<void> {
  using _held = await state.blobLock.acquire(digest)
  if (state.read((tx) => isBlobRecorded(tx, digest))) return
  try {
    await state.content.delete(digest)
  } catch (error) {
    if (isNotFound(error)) return
    state.pending.blob(digest)
    state.logger.error('blob not removed', { digest, error })
  }
}

async function removeIngest(state: MetadataState, ref: string): Promise<void> {
  using _held = await state.ingestLock.acquire(ref)
  if (state.read((tx) => isIngestRecorded(tx, ref))) return
  try {
    await state.content.abort(ref)
  } catch (error) {
    if (isNotFound(error)) return
    state.pending.ingest(ref)
    state.logger.error('ingest not removed', { ref, error })
  }
}

function isBlobRecorded(tx: ReadTransaction, digest: Digest): boolean {
  for (const key of tx.keys(namespaces)) if (tx.has(blobs, [key[0] as string, digest])) return true
  for (const { value } of tx.entries(ingests)) {
    if (value.backendRef === undefined && value.expected === digest) return true
  }
  return false
}

/** A backend ref is `<namespace>/<number>/<ref>`; anything else is foreign. */
function isIngestRecorded(tx: ReadTransaction, backendRef: string): boolean {
  const [namespace = '', , ...rest] = backendRef.split('/')
  return tx.get(ingests, [namespace, rest.join('/')])?.backendRef === backendRef
}

async function inParallel<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]()
  const pacer = new Pacer()
  const worker = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) {
      await work(next.value)
      if (pacer.isDue()) await pacer.pause()
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
}
