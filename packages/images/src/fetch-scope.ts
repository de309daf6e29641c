// SPDX-License-Identifier: Apache-2.0
import type { Semaphore } from '@containerd-ts/lifecycle'
import type { PlatformMatcher } from '@containerd-ts/oci'
import type { UnpackTarget } from './unpack.ts'

/** What a fetch takes from the tree of an image. */
export interface FetchScope {
  readonly platforms: PlatformMatcher
  /** Manifests taken per index, the best first; 0 takes all that match. Default 1. */
  readonly manifestLimit?: number | undefined
  /** Take manifests and configs of all platforms, layers only of those that match. */
  readonly allMetadata?: boolean | undefined
  /** Do not tie layers to their manifest: they may be collected once unpacked. */
  readonly discardLayers?: boolean | undefined
  /** Blobs fetched at a time. Default 3. */
  readonly maxConcurrentDownloads?: number | undefined
  /** Shared with other fetches; takes the place of `maxConcurrentDownloads`. */
  readonly downloads?: Semaphore | undefined
}

export interface UnpackPlan {
  readonly platforms: PlatformMatcher
  /** Unpacks only images whose config has this media type. Default: any. */
  readonly configType?: string | undefined
  readonly target: UnpackTarget
}
