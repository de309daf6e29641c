// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

export const pluginsCommands: readonly CommandEntry[] = [
  {
    path: ['plugins', 'list'],
    aliases: ['ls'],
    summary: 'list plugins',
    load: async () => (await import('../commands/plugins/list.ts')).default,
  },
  {
    path: ['plugins', 'inspect-runtime'],
    summary: 'print what a runtime says about itself',
    load: async () => (await import('../commands/plugins/inspect-runtime.ts')).default,
  },
]
