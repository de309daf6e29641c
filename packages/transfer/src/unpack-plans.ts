// SPDX-License-Identifier: Apache-2.0
import type { Applier, ImageStoreEnd, Logger, Namespace, NamespaceView } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { UnpackPlan } from '@containerd-ts/images'
import type { KeyedLock } from '@containerd-ts/lifecycle'
import { formatPlatform, only } from '@containerd-ts/oci'
import type { Platform } from '@containerd-ts/oci'

/** One way of unpacking that the daemon offers. */
export interface UnpackConfig {
  readonly platform: Platform
  readonly snapshotter: string
  /** Whether the snapshotter takes a parent at commit. */
  readonly rebase: boolean
  /** Whether the snapshotter may fetch layers by itself, and wants to be told from where. */
  readonly wantsOrigin: boolean
  readonly applier: Applier
  /** Media type that configs must have; empty for any. */
  readonly configType: string
}

export interface UnpackSettings {
  /** In order of preference. */
  readonly configs: readonly UnpackConfig[]
  /** Layers of one image unpacked at a time. */
  readonly maxConcurrentUnpacks: number
  readonly locks: KeyedLock
  readonly logger: Logger
}

/**
 * Plans for what a client wants unpacked; none when it wants nothing. Requests that nothing here serves are logged.
 * @throws {InvalidArgumentError} it wants something, and none of it is served
 */
export function unpackPlans(
  { unpacks }: ImageStoreEnd,
  view: NamespaceView,
  { configs, maxConcurrentUnpacks, locks, logger }: UnpackSettings,
): readonly UnpackPlan[] {
  if (unpacks.length === 0) return []
  const plans = unpacks.flatMap(({ platform, snapshotter }): readonly UnpackPlan[] => {
    const config = configs.find((offered) => serves(offered, platform, snapshotter))
    if (config === undefined) {
      logger.warn('unpack configuration not supported, skipping', { platform: formatPlatform(platform), snapshotter })
      return []
    }
    return [
      {
        platforms: only(platform),
        configType: config.configType === '' ? undefined : config.configType,
        target: {
          snapshotterName: config.snapshotter,
          snapshotter: view.snapshotter(config.snapshotter),
          applier: inNamespace(config.applier, view.namespace),
          rebase: config.rebase,
          wantsOrigin: config.wantsOrigin,
          maxConcurrentUnpacks,
          locks,
        },
      },
    ]
  })
  if (plans.length === 0) throw new InvalidArgumentError('unable to initialize unpacker: no unpack platforms defined')
  return plans
}

/** Tells an applier in another process whose content the layers are. */
const inNamespace = (applier: Applier, namespace: Namespace): Applier => ({
  apply: (layer, mounts, content, options) => applier.apply(layer, mounts, content, { ...options, namespace }),
})

const serves = (offered: UnpackConfig, platform: Platform, snapshotter: string): boolean =>
  only(offered.platform).match(platform) && (snapshotter === '' || snapshotter === offered.snapshotter)
