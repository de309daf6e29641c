// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

export const sandboxesCommands: readonly CommandEntry[] = [
  {
    path: ['sandboxes', 'run'],
    aliases: ['create', 'c', 'r'],
    summary: 'run a sandbox',
    load: async () => (await import('../commands/sandboxes/run.ts')).default,
  },
  {
    path: ['sandboxes', 'list'],
    aliases: ['ls'],
    summary: 'list sandboxes',
    load: async () => (await import('../commands/sandboxes/list.ts')).default,
  },
  {
    path: ['sandboxes', 'remove'],
    aliases: ['rm'],
    summary: 'remove sandboxes',
    load: async () => (await import('../commands/sandboxes/remove.ts')).default,
  },
  {
    path: ['sandboxes', 'info'],
    aliases: ['i'],
    summary: 'print what is known of a sandbox',
    load: async () => (await import('../commands/sandboxes/info.ts')).default,
  },
]
