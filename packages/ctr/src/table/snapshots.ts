// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

export const snapshotsCommands: readonly CommandEntry[] = [
  {
    path: ['snapshots', 'commit'],
    summary: 'commit an active snapshot under a name',
    load: async () => (await import('../commands/snapshots/commit.ts')).default,
  },
  {
    path: ['snapshots', 'diff'],
    summary: 'print the difference of two snapshots as a layer',
    load: async () => (await import('../commands/snapshots/diff.ts')).default,
  },
  {
    path: ['snapshots', 'info'],
    summary: 'print what is known of a snapshot',
    load: async () => (await import('../commands/snapshots/info.ts')).default,
  },
  {
    path: ['snapshots', 'list'],
    aliases: ['ls'],
    summary: 'list snapshots',
    load: async () => (await import('../commands/snapshots/list.ts')).default,
  },
  {
    path: ['snapshots', 'mounts'],
    aliases: ['m', 'mount'],
    summary: 'print the commands that mount a snapshot',
    load: async () => (await import('../commands/snapshots/mounts.ts')).default,
  },
  {
    path: ['snapshots', 'prepare'],
    summary: 'create a writable snapshot',
    load: async () => (await import('../commands/snapshots/prepare.ts')).default,
  },
  {
    path: ['snapshots', 'view'],
    summary: 'create a read-only snapshot',
    load: async () => (await import('../commands/snapshots/view.ts')).default,
  },
  {
    path: ['snapshots', 'delete'],
    aliases: ['del', 'remove', 'rm'],
    summary: 'delete snapshots',
    load: async () => (await import('../commands/snapshots/delete.ts')).default,
  },
  {
    path: ['snapshots', 'label'],
    summary: 'set and clear labels of a snapshot',
    load: async () => (await import('../commands/snapshots/label.ts')).default,
  },
  {
    path: ['snapshots', 'tree'],
    summary: 'print snapshots below their parents',
    load: async () => (await import('../commands/snapshots/tree.ts')).default,
  },
  {
    path: ['snapshots', 'unpack'],
    summary: 'unpack the layers of a manifest',
    load: async () => (await import('../commands/snapshots/unpack.ts')).default,
  },
  {
    path: ['snapshots', 'usage'],
    summary: 'print disk use of snapshots, all of them by default',
    load: async () => (await import('../commands/snapshots/usage.ts')).default,
  },
]
