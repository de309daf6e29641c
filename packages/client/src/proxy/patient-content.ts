// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import type { BlobWriter, ContentStore, IngestOptions } from '@containerd-ts/core'
import { isUnavailable } from '@containerd-ts/errdefs'
import { sleep } from '@containerd-ts/lifecycle'
import { contentProxy } from './content.ts'
import type { Scope } from './scope.ts'

const firstRetryMs = 16
const longestRetryMs = 2048

/** A content proxy whose `ingest` waits while another writer holds the ref, as the original's clients do. */
export function patientContentProxy(transport: Transport, scope: Scope): ContentStore {
  const store = contentProxy(transport, scope)
  return { ...store, ingest: (ref, options) => ingestOnceFree(store, ref, options) }
}

async function ingestOnceFree(store: ContentStore, ref: string, options?: IngestOptions): Promise<BlobWriter> {
  for (let limitMs = firstRetryMs; ; limitMs = Math.min(limitMs * 2, longestRetryMs)) {
    try {
      return await store.ingest(ref, options)
    } catch (error) {
      if (!isUnavailable(error) || !/locked/.test(String(error))) throw error
    }
    await sleep(Math.random() * limitMs, options?.signal)
  }
}
