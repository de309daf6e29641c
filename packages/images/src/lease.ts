// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, LeaseManager } from '@containerd-ts/core'
import { LabelKey } from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'

const leaseHours = 24

/** RFC 3339 in whole seconds. */
const rfc3339 = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, 'Z')

/** Label that lets a lease end by itself, should nobody be left to delete it. */
export const expireLabel = (hours = leaseHours): { readonly [key: string]: string } => ({
  [LabelKey.gcExpire]: rfc3339(new Date(Date.now() + hours * 3_600_000)),
})

/**
 * Runs `work` under the caller's lease, or under one of its own that is gone afterwards. A kill leaves a lease
 * that expires within a day.
 */
export async function withLease<T, O extends CallOptions>(
  leases: LeaseManager | undefined,
  options: O,
  work: (options: O) => Promise<T>,
): Promise<T> {
  if (leases === undefined || options.lease !== undefined) return work(options)
  options.signal?.throwIfAborted()
  // Without the signal: a lease whose making was cancelled on the way may exist all the same, and nobody knows its id.
  const lease = await leases.create({ labels: expireLabel() })
  try {
    options.signal?.throwIfAborted()
    return await work({ ...options, lease: lease.id })
  } finally {
    await leases.delete(lease.id).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }
}
