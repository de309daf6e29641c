// SPDX-License-Identifier: Apache-2.0
import type { Applier, Logger } from '@containerd-ts/core'
import { InvalidArgumentError, NotFoundError } from '@containerd-ts/errdefs'
import { parseDuration } from '@containerd-ts/lifecycle'
import { formatPlatform, hostPlatform, parsePlatform } from '@containerd-ts/oci'
import {
  definePlugin,
  Differs,
  ImageVerifiers,
  LeaseManagers,
  MetadataStores,
  Snapshotters,
  Transferrers,
} from '@containerd-ts/plugin'
import type { AnyPlugin, ConfigTable, ConfigValue, PluginContext } from '@containerd-ts/plugin'
import { BindirVerifier } from './bindir-verifier.ts'
import { LocalTransferrer } from './local-transferrer.ts'
import type { UnpackConfig } from './unpack-plans.ts'

export const imageVerifierPlugin: AnyPlugin = definePlugin({
  slot: ImageVerifiers,
  id: 'bindir',
  defaults: { bin_dir: '/opt/containerd/image-verifier/bin', max_verifiers: 10, per_verifier_timeout: '10s' },
  init: ({ config, logger }) =>
    new BindirVerifier({
      binDir: config.bin_dir,
      maxVerifiers: config.max_verifiers,
      perVerifierTimeoutMs: parseDuration(config.per_verifier_timeout),
      logger,
    }),
})

const defaultUnpack: ConfigTable = {
  platform: formatPlatform(hostPlatform()),
  snapshotter: 'overlayfs',
  differ: 'walking',
  config_type: '',
  layer_types: [],
  optional: false,
}

export const transferPlugin: AnyPlugin = definePlugin({
  slot: Transferrers,
  id: 'local',
  requires: [LeaseManagers, MetadataStores, Differs, ImageVerifiers, Snapshotters],
  defaults: {
    max_concurrent_downloads: 3,
    max_concurrent_uploaded_layers: 3,
    max_concurrent_unpacks: 1,
    concurrent_layer_fetch_buffer: 0,
    check_platform_supported: false,
    config_path: '',
    unpack_config: [defaultUnpack] as readonly ConfigValue[],
  },
  init(context) {
    const { config, get, all, logger, daemon } = context
    warnOfUnused(config, logger)
    return new LocalTransferrer({
      metadata: get(MetadataStores),
      unpackConfigs: config.unpack_config.flatMap((entry) => unpackConfig(entry, context)),
      verifiers: all(ImageVerifiers),
      maxConcurrentDownloads: atLeastOne(config.max_concurrent_downloads),
      maxConcurrentUploads: atLeastOne(config.max_concurrent_uploaded_layers),
      maxConcurrentUnpacks: atLeastOne(config.max_concurrent_unpacks),
      configDirs: config.config_path.split(':').filter((dir) => dir !== ''),
      userAgent: `containerd/${daemon.version}`,
      logger,
    })
  },
})

/** Settings that are read, so that a configuration written for the original loads, and change nothing. */
const unused = { concurrent_layer_fetch_buffer: 0, check_platform_supported: false } as const

function warnOfUnused(config: ConfigTable, logger: Logger): void {
  for (const [name, normal] of Object.entries(unused)) {
    if (config[name] !== normal) logger.warn('this setting has no effect', { name })
  }
}

const atLeastOne = (limit: number): number => Math.max(1, Math.trunc(limit))

/** An entry of `unpack_config`; none when it is optional and what it needs is not loaded. */
function unpackConfig(
  entry: ConfigValue,
  { all, logger, records }: Pick<PluginContext<ConfigTable>, 'all' | 'logger' | 'records'>,
): readonly UnpackConfig[] {
  if (typeof entry !== 'object' || Array.isArray(entry))
    throw new InvalidArgumentError('unpack_config must hold tables')
  const table = entry as ConfigTable
  const text = (key: string): string => (typeof table[key] === 'string' ? table[key] : '')
  const [snapshotter, differ] = [text('snapshotter'), text('differ')]
  const backend = all(Snapshotters).get(snapshotter)
  const applier = pickDiffer(all(Differs), differ)
  if (backend === undefined || applier === undefined) {
    const missing =
      backend === undefined ? NotFoundError.of('snapshotter', snapshotter) : NotFoundError.of('differ', differ)
    if (table['optional'] !== true) throw missing
    logger.debug('optional unpack configuration left out', { reason: missing.message })
    return []
  }
  const platform = text('platform') === '' ? hostPlatform() : parsePlatform(text('platform'))
  const rebase = backend.capabilities.includes('rebase')
  const plugin = records.find(({ type, id }) => type === Snapshotters.type && id === snapshotter)
  const wantsOrigin = plugin?.meta.exports['enable_remote_snapshot_annotations'] === 'true'
  return [{ platform, snapshotter, rebase, wantsOrigin, applier, configType: text('config_type') }]
}

/** Without a name, the only one there is. */
function pickDiffer(differs: ReadonlyMap<string, Applier>, id: string): Applier | undefined {
  if (id !== '') return differs.get(id)
  return differs.size === 1 ? [...differs.values()][0] : differs.get('walking')
}
