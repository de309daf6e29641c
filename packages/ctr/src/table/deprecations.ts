// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

export const deprecationsCommands: readonly CommandEntry[] = [
  {
    path: ['deprecations', 'list'],
    summary: 'list deprecated features that were used',
    load: async () => (await import('../commands/deprecations/list.ts')).default,
  },
]
