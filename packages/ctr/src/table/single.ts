// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

/** Commands of one word. */
export const singleCommands: readonly CommandEntry[] = [
  {
    path: ['version'],
    summary: 'print client and server versions',
    load: async () => (await import('../commands/version.ts')).default,
  },
  {
    path: ['events'],
    aliases: ['event'],
    summary: 'print events as they happen',
    load: async () => (await import('../commands/events.ts')).default,
  },
  {
    path: ['run'],
    summary: 'run a container',
    load: async () => (await import('../commands/run.ts')).default,
  },
  {
    path: ['install'],
    summary: 'install programs out of an image',
    load: async () => (await import('../commands/install.ts')).default,
  },
  {
    path: ['info'],
    summary: 'print what the server says about itself',
    load: async () => (await import('../commands/info.ts')).default,
  },
]
