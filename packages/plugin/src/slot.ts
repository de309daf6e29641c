// SPDX-License-Identifier: Apache-2.0
/**
 * A kind of plugin and the type its instances have. Several plugins may fill one slot, told apart by id.
 * `type` is the original's plugin type, such as `io.containerd.snapshotter.v1`; two slots with equal types are the
 * same slot, whichever package copy they come from.
 */
export interface Slot<T> {
  readonly type: string
  /** Carries the instance type; never set. */
  readonly instance?: T
}

export const defineSlot = <T>(type: string): Slot<T> => ({ type })
