// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

export const leasesCommands: readonly CommandEntry[] = [
  {
    path: ['leases', 'list'],
    aliases: ['ls'],
    summary: 'list leases',
    load: async () => (await import('../commands/leases/list.ts')).default,
  },
  {
    path: ['leases', 'create'],
    summary: 'create a lease',
    load: async () => (await import('../commands/leases/create.ts')).default,
  },
  {
    path: ['leases', 'delete'],
    aliases: ['del', 'remove', 'rm'],
    summary: 'delete leases',
    load: async () => (await import('../commands/leases/delete.ts')).default,
  },
]
