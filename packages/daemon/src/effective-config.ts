// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path'
import { defaultConfig, loadConfig, PluginUri } from '@containerd-ts/server'
import type { DaemonConfig } from '@containerd-ts/server'
import type { Flags } from './flags.ts'

const defaultFile = '/etc/containerd/config.toml'
const defaultAddress = '/run/containerd/containerd.sock'

export interface EffectiveConfig {
  readonly config: DaemonConfig
  readonly unknownKeys: readonly string[]
}

/** File, imports, then flags. The default file may be missing; a named one may not, unless `lenient`. */
export async function effectiveConfig(flags: Flags, { lenient = false } = {}): Promise<EffectiveConfig> {
  const file = flags.config ?? defaultFile
  const { config, unknownKeys } = await loadConfig(file, { mustExist: flags.config !== undefined && !lenient })
  const grpc = config.plugins[PluginUri.grpc] ?? {}
  const ttrpc = config.plugins[PluginUri.ttrpc] ?? {}
  const address = flags.address === undefined ? textOr(grpc['address'], defaultAddress) : resolve(flags.address)
  const inherited = flags.address === undefined ? ttrpc['address'] : undefined
  return {
    config: {
      ...config,
      root: flags.root === undefined ? config.root : resolve(flags.root),
      state: flags.state === undefined ? config.state : resolve(flags.state),
      debug: { ...config.debug, level: flags['log-level'] ?? config.debug.level },
      plugins: {
        ...config.plugins,
        [PluginUri.grpc]: { ...grpc, address },
        [PluginUri.ttrpc]: {
          ...(grpc['uid'] === undefined ? {} : { uid: grpc['uid'] }),
          ...(grpc['gid'] === undefined ? {} : { gid: grpc['gid'] }),
          ...ttrpc,
          address: textOr(inherited, `${address}.ttrpc`),
        },
      },
    },
    unknownKeys,
  }
}

/** What `config default` prints. */
export const builtInConfig = (): DaemonConfig => ({
  ...defaultConfig,
  plugins: {
    [PluginUri.grpc]: { address: defaultAddress },
    [PluginUri.ttrpc]: { address: `${defaultAddress}.ttrpc` },
  },
})

/** Socket of the gRPC server that a configuration names. */
export const grpcAddress = ({ plugins }: DaemonConfig): string =>
  textOr(plugins[PluginUri.grpc]?.['address'], defaultAddress)

const textOr = (value: unknown, fallback: string): string =>
  typeof value === 'string' && value !== '' ? value : fallback
