// SPDX-License-Identifier: Apache-2.0
import type { CommandTable, GroupEntry } from './cli/command-table.ts'
import { containersCommands } from './table/containers.ts'
import { contentCommands } from './table/content.ts'
import { deprecationsCommands } from './table/deprecations.ts'
import { imagesCommands } from './table/images.ts'
import { leasesCommands } from './table/leases.ts'
import { namespacesCommands } from './table/namespaces.ts'
import { ociCommands } from './table/oci.ts'
import { pluginsCommands } from './table/plugins.ts'
import { pprofCommands } from './table/pprof.ts'
import { sandboxesCommands } from './table/sandboxes.ts'
import { shimCommands } from './table/shim.ts'
import { singleCommands } from './table/single.ts'
import { snapshotsCommands } from './table/snapshots.ts'
import { tasksCommands } from './table/tasks.ts'

/** Words that lead to commands. */
const groups: readonly GroupEntry[] = [
  { path: ['plugins'], aliases: ['plugin'], summary: 'show the plugins of containerd' },
  { path: ['containers'], aliases: ['c', 'container'], summary: 'manage containers' },
  { path: ['content'], summary: 'manage content' },
  { path: ['content', 'prune'], summary: 'prune content' },
  { path: ['images'], aliases: ['image', 'i'], summary: 'manage images' },
  { path: ['leases'], summary: 'manage leases' },
  { path: ['namespaces'], aliases: ['namespace', 'ns'], summary: 'manage namespaces' },
  { path: ['pprof'], summary: 'print profiles of a daemon with a debug socket', flags: ['debug-socket', 'd'] },
  { path: ['snapshots'], aliases: ['snapshot'], summary: 'manage snapshots', flags: ['snapshotter'] },
  { path: ['tasks'], aliases: ['t', 'task'], summary: 'manage tasks' },
  { path: ['oci'], summary: 'OCI tools' },
  { path: ['sandboxes'], aliases: ['sandbox', 'sb', 's'], summary: 'manage sandboxes' },
  { path: ['deprecations'], summary: 'show deprecated features that were used' },
  { path: ['shim'], summary: 'talk to a shim', flags: ['id', 'shim-address'] },
  { path: ['shim', 'pprof'], summary: 'print profiles of a shim; shims have none' },
]

const topOrder =
  'plugins version containers content events images leases namespaces pprof run snapshots tasks install oci sandboxes info deprecations shim'

/** Every command; nothing is loaded before it is run. */
export const table: CommandTable = {
  order: topOrder.split(' '),
  groups,
  commands: [
    ...pluginsCommands,
    ...containersCommands,
    ...contentCommands,
    ...imagesCommands,
    ...leasesCommands,
    ...namespacesCommands,
    ...pprofCommands,
    ...snapshotsCommands,
    ...tasksCommands,
    ...ociCommands,
    ...sandboxesCommands,
    ...deprecationsCommands,
    ...shimCommands,
    ...singleCommands,
  ],
}
