// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

export const ociCommands: readonly CommandEntry[] = [
  {
    path: ['oci', 'spec'],
    summary: 'print the default runtime spec',
    load: async () => (await import('../commands/oci/spec.ts')).default,
  },
]
