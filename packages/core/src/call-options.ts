// SPDX-License-Identifier: Apache-2.0
/** What every asynchronous call of a contract accepts. */
export interface CallOptions {
  /** Stops the call. Checked before each side effect; its reason becomes the rejection. */
  readonly signal?: AbortSignal | undefined
  /**
   * Lease that owns what this call creates. Created content, ingests and snapshots join it in the same
   * transaction; a delete leaves it. A lease that does not exist fails the call with NotFound.
   */
  readonly lease?: string | undefined
  /** Namespace of the caller, for backends in other processes: they see it; nothing else reads it. */
  readonly namespace?: string | undefined
}
