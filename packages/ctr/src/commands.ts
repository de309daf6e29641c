// SPDX-License-Identifier: Apache-2.0
import type { CommandTable } from './cli/command-table.ts'

/** Every command, in the order of the help; nothing is loaded before it is run. */
export const table: CommandTable = {
  groups: [{ path: ['plugins'], aliases: ['plugin'], summary: 'show the plugins of containerd' }],
  commands: [
    {
      path: ['version'],
      summary: 'print client and server versions',
      load: async () => (await import('./commands/version.ts')).default,
    },
    {
      path: ['plugins', 'list'],
      aliases: ['ls'],
      summary: 'list plugins',
      load: async () => (await import('./commands/plugins/list.ts')).default,
    },
  ],
}
