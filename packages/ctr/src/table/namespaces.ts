// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

export const namespacesCommands: readonly CommandEntry[] = [
  {
    path: ['namespaces', 'create'],
    aliases: ['c'],
    summary: 'create a namespace',
    load: async () => (await import('../commands/namespaces/create.ts')).default,
  },
  {
    path: ['namespaces', 'list'],
    aliases: ['ls'],
    summary: 'list namespaces',
    load: async () => (await import('../commands/namespaces/list.ts')).default,
  },
  {
    path: ['namespaces', 'remove'],
    aliases: ['rm'],
    summary: 'remove namespaces, which must be empty',
    load: async () => (await import('../commands/namespaces/remove.ts')).default,
  },
  {
    path: ['namespaces', 'label'],
    summary: 'set and clear labels of a namespace',
    load: async () => (await import('../commands/namespaces/label.ts')).default,
  },
]
