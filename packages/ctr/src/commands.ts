// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry, CommandTable, GroupEntry } from './cli/command-table.ts'

/** Words that lead to commands. */
const groups: readonly GroupEntry[] = [
  { path: ['plugins'], aliases: ['plugin'], summary: 'show the plugins of containerd' },
  { path: ['containers'], aliases: ['c', 'container'], summary: 'manage containers' },
  { path: ['content'], summary: 'manage content' },
  { path: ['images'], aliases: ['image', 'i'], summary: 'manage images' },
  { path: ['leases'], summary: 'manage leases' },
  { path: ['namespaces'], aliases: ['namespace', 'ns'], summary: 'manage namespaces' },
  { path: ['snapshots'], aliases: ['snapshot'], summary: 'manage snapshots', flags: ['snapshotter'] },
  { path: ['tasks'], aliases: ['t', 'task'], summary: 'manage tasks' },
]

/** Every command, in the order of the help; nothing is loaded before it is run. */
const commands: readonly CommandEntry[] = [
  {
    path: ['plugins', 'list'],
    aliases: ['ls'],
    summary: 'list plugins',
    load: async () => (await import('./commands/plugins/list.ts')).default,
  },
  {
    path: ['version'],
    summary: 'print client and server versions',
    load: async () => (await import('./commands/version.ts')).default,
  },
  {
    path: ['containers', 'delete'],
    aliases: ['del', 'remove', 'rm'],
    summary: 'delete containers that do not run',
    load: async () => (await import('./commands/containers/delete.ts')).default,
  },
  {
    path: ['containers', 'info'],
    summary: 'print what is known of a container',
    load: async () => (await import('./commands/containers/info.ts')).default,
  },
  {
    path: ['containers', 'list'],
    aliases: ['ls'],
    summary: 'list containers',
    load: async () => (await import('./commands/containers/list.ts')).default,
  },
  {
    path: ['containers', 'label'],
    summary: 'set and clear labels of a container',
    load: async () => (await import('./commands/containers/label.ts')).default,
  },
  {
    path: ['content', 'active'],
    summary: 'list unfinished writes',
    load: async () => (await import('./commands/content/active.ts')).default,
  },
  {
    path: ['content', 'delete'],
    aliases: ['del', 'remove', 'rm'],
    summary: 'delete blobs',
    load: async () => (await import('./commands/content/delete.ts')).default,
  },
  {
    path: ['content', 'get'],
    summary: 'write a blob to standard output',
    load: async () => (await import('./commands/content/get.ts')).default,
  },
  {
    path: ['content', 'ingest'],
    summary: 'store standard input as a blob',
    load: async () => (await import('./commands/content/ingest.ts')).default,
  },
  {
    path: ['content', 'list'],
    aliases: ['ls'],
    summary: 'list blobs',
    load: async () => (await import('./commands/content/list.ts')).default,
  },
  {
    path: ['content', 'label'],
    summary: 'set and clear labels of a blob',
    load: async () => (await import('./commands/content/label.ts')).default,
  },
  {
    path: ['events'],
    aliases: ['event'],
    summary: 'print events as they happen',
    load: async () => (await import('./commands/events.ts')).default,
  },
  {
    path: ['leases', 'list'],
    aliases: ['ls'],
    summary: 'list leases',
    load: async () => (await import('./commands/leases/list.ts')).default,
  },
  {
    path: ['leases', 'create'],
    summary: 'create a lease',
    load: async () => (await import('./commands/leases/create.ts')).default,
  },
  {
    path: ['leases', 'delete'],
    aliases: ['del', 'remove', 'rm'],
    summary: 'delete leases',
    load: async () => (await import('./commands/leases/delete.ts')).default,
  },
  {
    path: ['namespaces', 'create'],
    aliases: ['c'],
    summary: 'create a namespace',
    load: async () => (await import('./commands/namespaces/create.ts')).default,
  },
  {
    path: ['namespaces', 'list'],
    aliases: ['ls'],
    summary: 'list namespaces',
    load: async () => (await import('./commands/namespaces/list.ts')).default,
  },
  {
    path: ['namespaces', 'remove'],
    aliases: ['rm'],
    summary: 'remove namespaces, which must be empty',
    load: async () => (await import('./commands/namespaces/remove.ts')).default,
  },
  {
    path: ['namespaces', 'label'],
    summary: 'set and clear labels of a namespace',
    load: async () => (await import('./commands/namespaces/label.ts')).default,
  },
  {
    path: ['snapshots', 'commit'],
    summary: 'commit an active snapshot under a name',
    load: async () => (await import('./commands/snapshots/commit.ts')).default,
  },
  {
    path: ['snapshots', 'info'],
    summary: 'print what is known of a snapshot',
    load: async () => (await import('./commands/snapshots/info.ts')).default,
  },
  {
    path: ['snapshots', 'list'],
    aliases: ['ls'],
    summary: 'list snapshots',
    load: async () => (await import('./commands/snapshots/list.ts')).default,
  },
  {
    path: ['snapshots', 'mounts'],
    aliases: ['m', 'mount'],
    summary: 'print the commands that mount a snapshot',
    load: async () => (await import('./commands/snapshots/mounts.ts')).default,
  },
  {
    path: ['snapshots', 'prepare'],
    summary: 'create a writable snapshot',
    load: async () => (await import('./commands/snapshots/prepare.ts')).default,
  },
  {
    path: ['snapshots', 'view'],
    summary: 'create a read-only snapshot',
    load: async () => (await import('./commands/snapshots/view.ts')).default,
  },
  {
    path: ['snapshots', 'delete'],
    aliases: ['del', 'remove', 'rm'],
    summary: 'delete snapshots',
    load: async () => (await import('./commands/snapshots/delete.ts')).default,
  },
  {
    path: ['snapshots', 'label'],
    summary: 'set and clear labels of a snapshot',
    load: async () => (await import('./commands/snapshots/label.ts')).default,
  },
  {
    path: ['snapshots', 'tree'],
    summary: 'print snapshots below their parents',
    load: async () => (await import('./commands/snapshots/tree.ts')).default,
  },
  {
    path: ['snapshots', 'usage'],
    summary: 'print disk use of snapshots, all of them by default',
    load: async () => (await import('./commands/snapshots/usage.ts')).default,
  },
  {
    path: ['tasks', 'delete'],
    aliases: ['del', 'remove', 'rm'],
    summary: 'delete tasks that have ended',
    load: async () => (await import('./commands/tasks/delete.ts')).default,
  },
  {
    path: ['tasks', 'list'],
    aliases: ['ls'],
    summary: 'list tasks',
    load: async () => (await import('./commands/tasks/list.ts')).default,
  },
  {
    path: ['tasks', 'kill'],
    summary: 'signal a container',
    load: async () => (await import('./commands/tasks/kill.ts')).default,
  },
  {
    path: ['tasks', 'metrics'],
    aliases: ['metric'],
    summary: 'print what a container uses',
    load: async () => (await import('./commands/tasks/metrics.ts')).default,
  },
  {
    path: ['tasks', 'pause'],
    summary: 'pause a container',
    load: async () => (await import('./commands/tasks/pause.ts')).default,
  },
  {
    path: ['tasks', 'ps'],
    summary: 'list the processes of a task',
    load: async () => (await import('./commands/tasks/ps.ts')).default,
  },
  {
    path: ['tasks', 'resume'],
    summary: 'resume a container',
    load: async () => (await import('./commands/tasks/resume.ts')).default,
  },
  {
    path: ['info'],
    summary: 'print what the server says about itself',
    load: async () => (await import('./commands/info.ts')).default,
  },
]

export const table: CommandTable = { groups, commands }
