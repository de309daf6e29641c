// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

export const containersCommands: readonly CommandEntry[] = [
  {
    path: ['containers', 'create'],
    summary: 'create a container',
    load: async () => (await import('../commands/containers/create.ts')).default,
  },
  {
    path: ['containers', 'delete'],
    aliases: ['del', 'remove', 'rm'],
    summary: 'delete containers that do not run',
    load: async () => (await import('../commands/containers/delete.ts')).default,
  },
  {
    path: ['containers', 'info'],
    summary: 'print what is known of a container',
    load: async () => (await import('../commands/containers/info.ts')).default,
  },
  {
    path: ['containers', 'list'],
    aliases: ['ls'],
    summary: 'list containers',
    load: async () => (await import('../commands/containers/list.ts')).default,
  },
  {
    path: ['containers', 'label'],
    summary: 'set and clear labels of a container',
    load: async () => (await import('../commands/containers/label.ts')).default,
  },
  {
    path: ['containers', 'checkpoint'],
    summary: 'store a checkpoint of a container as an image',
    load: async () => (await import('../commands/containers/checkpoint.ts')).default,
  },
  {
    path: ['containers', 'restore'],
    summary: 'make a container from a checkpoint',
    load: async () => (await import('../commands/containers/restore.ts')).default,
  },
]
