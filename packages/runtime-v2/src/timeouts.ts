// SPDX-License-Identifier: Apache-2.0

/** Limits of what the daemon asks of shims on its own account, in milliseconds. */
export interface ShimTimeouts {
  /** `start` of a shim, from spawn to its answer. Default 30 000. */
  readonly startMs: number
  /** First answer of a shim found at daemon start (`io.containerd.timeout.shim.load`). Default 5 000. */
  readonly loadMs: number
  /** The `delete` action, and undoing a failed create (`io.containerd.timeout.shim.cleanup`). Default 5 000. */
  readonly cleanupMs: number
  /** The Shutdown call (`io.containerd.timeout.shim.shutdown`). Default 3 000. */
  readonly shutdownMs: number
  /** State of a process (`io.containerd.timeout.task.state`). Default 2 000. */
  readonly stateMs: number
}

export const defaultTimeouts: ShimTimeouts = {
  startMs: 30_000,
  loadMs: 5_000,
  cleanupMs: 5_000,
  shutdownMs: 3_000,
  stateMs: 2_000,
}
