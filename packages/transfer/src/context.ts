// SPDX-License-Identifier: Apache-2.0
import type { ImageStoreEnd, ImageVerifier, Logger, NamespaceView, TransferOptions } from '@containerd-ts/core'
import type { Semaphore } from '@containerd-ts/lifecycle'
import { allPlatforms, ordered } from '@containerd-ts/oci'
import type { PlatformMatcher } from '@containerd-ts/oci'
import type { RegistryDefaults } from './registry-access.ts'
import type { UnpackSettings } from './unpack-plans.ts'

/** What all transfers share. */
export interface TransferSettings {
  readonly registry: RegistryDefaults
  readonly unpack: UnpackSettings
  /** By plugin id. */
  readonly verifiers: ReadonlyMap<string, ImageVerifier>
  readonly downloads: Semaphore
  readonly uploads: Semaphore
  readonly logger: Logger
}

/** One transfer. */
export interface Transfer {
  readonly view: NamespaceView
  readonly settings: TransferSettings
  readonly options: TransferOptions
}

/** What an image store end takes of an index. */
export const platformsOf = ({ platforms }: ImageStoreEnd): PlatformMatcher =>
  platforms.length === 0 ? allPlatforms : ordered(platforms)
