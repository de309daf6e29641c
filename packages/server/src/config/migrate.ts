// SPDX-License-Identifier: Apache-2.0
import type { ConfigTable, ConfigValue } from '@containerd-ts/plugin'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { mergeConfig } from './merge.ts'
import { currentVersion, isTable, PluginUri } from './schema.ts'

type Sections = Record<string, ConfigTable>

/** Version 1 named plugins shortly; anything else was a gRPC plugin. */
const shortNames: Readonly<Record<string, string>> = {
  cri: 'io.containerd.grpc.v1.cri',
  scheduler: 'io.containerd.gc.v1.scheduler',
  bolt: 'io.containerd.metadata.v1.bolt',
  task: 'io.containerd.runtime.v2.task',
  opt: 'io.containerd.internal.v1.opt',
  restart: 'io.containerd.internal.v1.restart',
  tracing: 'io.containerd.internal.v1.tracing',
  otlp: 'io.containerd.tracing.processor.v1.otlp',
  ...Object.fromEntries(
    ['aufs', 'btrfs', 'devmapper', 'native', 'overlayfs', 'zfs', 'blockfile', 'erofs'].map((name) => [
      name,
      `io.containerd.snapshotter.v1.${name}`,
    ]),
  ),
}

const renamed: Readonly<Record<string, string>> = {
  'io.containerd.monitor.v1.cgroups': 'io.containerd.monitor.task.v1.cgroups',
  'io.containerd.internal.v1.restart': 'io.containerd.monitor.container.v1.restart',
}

/**
 * Brings one file to the current version. A file without a version is of version 1.
 * @throws {InvalidArgumentError} a version this daemon does not know
 */
export function migrateConfig(raw: ConfigTable, file: string): ConfigTable {
  const version = raw['version'] ?? 1
  if (typeof version !== 'number' || version < 0 || version > currentVersion) {
    throw new InvalidArgumentError(
      `${file}: configuration version ${JSON.stringify(version)} is not supported, the highest is ${currentVersion}`,
    )
  }
  const sections: Sections = {}
  for (const [name, section] of Object.entries(isTable(raw['plugins']) ? raw['plugins'] : {})) {
    if (!isTable(section)) throw new InvalidArgumentError(`${file}: plugins.${name} must be a table`)
    add(sections, version <= 1 ? longName(name) : name, section)
  }
  for (const [from, to] of Object.entries(renamed)) move(sections, from, to)
  moveSchedCore(sections)
  const { grpc, ttrpc, debug, metrics, plugin_dir: _unused, ...rest } = raw
  if (version < currentVersion) moveServers(sections, { grpc, ttrpc, debug, metrics })
  return {
    ...rest,
    ...(isTable(debug) ? { debug: pick(debug, ['level', 'format', 'log_trace_id']) } : {}),
    version: currentVersion,
    plugins: sections,
  }
}

const longName = (name: string): string =>
  shortNames[name] ??
  (name.endsWith('-service')
    ? `io.containerd.service.v1.${name}`
    : name.startsWith('io.containerd.')
      ? name
      : `io.containerd.grpc.v1.${name}`)

function add(sections: Sections, name: string, section: ConfigTable): void {
  sections[name] = mergeConfig(sections[name] ?? {}, section)
}

function move(sections: Sections, from: string, to: string): void {
  const section = sections[from]
  if (section === undefined) return
  delete sections[from]
  add(sections, to, section)
}

/** The runtime's `sched_core` became an environment variable of shims. */
function moveSchedCore(sections: Sections): void {
  const name = 'io.containerd.runtime.v2.task'
  const { sched_core: schedCore, ...rest } = sections[name] ?? {}
  if (schedCore === undefined) return
  sections[name] = rest
  if (schedCore === true) add(sections, 'io.containerd.shim.v1.manager', { env: ['SCHED_CORE=1'] })
}

/** Sockets became plugins with version 4. */
function moveServers(sections: Sections, legacy: Readonly<Record<string, ConfigValue | undefined>>): void {
  const { grpc, ttrpc, debug, metrics } = legacy
  const sizes = ['max_recv_message_size', 'max_send_message_size']
  if (isTable(grpc)) {
    add(sections, PluginUri.grpc, pick(grpc, ['address', 'uid', 'gid', ...sizes]))
    const tcp = renameKeys(
      pick(grpc, ['tcp_address', 'tcp_tls_ca', 'tcp_tls_cert', 'tcp_tls_key', 'tcp_tls_common_name']),
      (key) => key.slice(4),
    )
    if (Object.keys(tcp).length > 0) add(sections, PluginUri.grpcTcp, { ...tcp, ...pick(grpc, sizes) })
  }
  if (isTable(ttrpc)) add(sections, PluginUri.ttrpc, pick(ttrpc, ['address', 'uid', 'gid']))
  if (isTable(debug)) add(sections, PluginUri.debug, pick(debug, ['address', 'uid', 'gid']))
  if (isTable(metrics)) {
    add(sections, PluginUri.metrics, pick(metrics, ['address']))
    add(sections, 'io.containerd.metrics.v1.grpc-prometheus', pick(metrics, ['grpc_histogram']))
  }
}

const pick = (from: ConfigTable, keys: readonly string[]): ConfigTable =>
  Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])))

const renameKeys = (from: ConfigTable, rename: (key: string) => string): ConfigTable =>
  Object.fromEntries(Object.entries(from).map(([key, value]) => [rename(key), value]))
