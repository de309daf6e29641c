// SPDX-License-Identifier: Apache-2.0

/** Settings of the snapshotter, as its section of the daemon's configuration holds them. */
export interface OverlayConfig {
  /** Adds label `containerd.io/snapshot/overlay.upperdir` to what `stat` and `list` answer. Default false. */
  readonly upperdirLabel?: boolean | undefined
  /** Delete directories inside `remove` instead of at the next `cleanup`. Default false. */
  readonly syncRemove?: boolean | undefined
  /** Let clients change owners file by file instead of insisting on id-mapped mounts. Default false. */
  readonly slowChown?: boolean | undefined
  /** Options added to every overlay mount, such as `volatile` or `metacopy=on`. */
  readonly mountOptions?: readonly string[] | undefined
}

export const upperdirLabel = 'containerd.io/snapshot/overlay.upperdir'
export const uidMappingLabel = 'containerd.io/snapshot/uidmapping'
export const gidMappingLabel = 'containerd.io/snapshot/gidmapping'
