// SPDX-License-Identifier: Apache-2.0

/** Where a layer goes. Plain data: it crosses threads. */
export interface ApplyTarget {
  /** Directory that stands for `/`: a mount, or the upper directory of an overlay. */
  readonly root: string
  /** Present when `root` is an upper directory: deletions become what overlayfs reads as such. */
  readonly overlay?:
    | {
        /** Lower directories, nearest first. */
        readonly lowerDirs: readonly string[]
        /** `trusted.overlay.` or, for a mount with `userxattr`, `user.overlay.` */
        readonly xattrPrefix: string
      }
    | undefined
}
