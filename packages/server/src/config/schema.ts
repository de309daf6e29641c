// SPDX-License-Identifier: Apache-2.0
import type { ConfigTable, ConfigValue } from '@containerd-ts/plugin'
import { z } from 'zod'

const table = z.custom<ConfigTable>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be a table',
)
const strings = z.array(z.string())

/** config.toml, version 4. Keys nobody knows are kept apart and reported, not refused. */
export const configSchema = z.object({
  version: z.number().int(),
  root: z.string(),
  state: z.string(),
  temp: z.string(),
  disabled_plugins: strings,
  required_plugins: strings,
  oom_score: z.number().int(),
  imports: strings,
  debug: z.object({ level: z.string(), format: z.enum(['text', 'json']), log_trace_id: z.boolean() }),
  cgroup: z.object({ path: z.string() }),
  plugins: z.record(z.string(), table),
  proxy_plugins: z.record(z.string(), table),
  timeouts: z.record(z.string(), z.string()),
  stream_processors: z.record(z.string(), table),
})

export type DaemonConfig = Readonly<z.infer<typeof configSchema>>

export const currentVersion = 4

/** Plugin ids that configuration and servers share. */
export const PluginUri = {
  grpc: 'io.containerd.server.v1.grpc',
  grpcTcp: 'io.containerd.server.v1.grpc-tcp',
  ttrpc: 'io.containerd.server.v1.ttrpc',
  debug: 'io.containerd.server.v1.debug',
  metrics: 'io.containerd.server.v1.metrics',
} as const

/** The original's defaults. */
export const defaultConfig: DaemonConfig = {
  version: currentVersion,
  root: '/var/lib/containerd',
  state: '/run/containerd',
  temp: '',
  disabled_plugins: [],
  required_plugins: [],
  oom_score: 0,
  imports: ['/etc/containerd/conf.d/*.toml'],
  debug: { level: '', format: 'text', log_trace_id: false },
  cgroup: { path: '' },
  plugins: {},
  proxy_plugins: {},
  timeouts: {
    'io.containerd.timeout.bolt.open': '0s',
    'io.containerd.timeout.metrics.shimstats': '2s',
    'io.containerd.timeout.shim.cleanup': '5s',
    'io.containerd.timeout.shim.load': '5s',
    'io.containerd.timeout.shim.shutdown': '3s',
    'io.containerd.timeout.task.state': '2s',
  },
  stream_processors: {
    'io.containerd.ocicrypt.decoder.v1.tar': streamProcessor('application/vnd.oci.image.layer.v1.tar'),
    'io.containerd.ocicrypt.decoder.v1.tar.gzip': streamProcessor('application/vnd.oci.image.layer.v1.tar+gzip'),
  },
}

function streamProcessor(mediaType: string): ConfigTable {
  return {
    accepts: [`${mediaType}+encrypted`],
    returns: mediaType,
    path: 'ctd-decoder',
    args: ['--decryption-keys-path', '/etc/containerd/ocicrypt/keys'],
    env: ['OCICRYPT_KEYPROVIDER_CONFIG=/etc/containerd/ocicrypt/ocicrypt_keyprovider.conf'],
  }
}

export const isTable = (value: ConfigValue | undefined): value is ConfigTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
