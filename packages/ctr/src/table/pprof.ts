// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

export const pprofCommands: readonly CommandEntry[] = [
  {
    path: ['pprof', 'block'],
    summary: 'print the blocking profile',
    load: async () => (await import('../commands/pprof/block.ts')).default,
  },
  {
    path: ['pprof', 'goroutines'],
    summary: 'print the stacks of goroutines',
    load: async () => (await import('../commands/pprof/goroutines.ts')).default,
  },
  {
    path: ['pprof', 'heap'],
    summary: 'print the heap profile',
    load: async () => (await import('../commands/pprof/heap.ts')).default,
  },
  {
    path: ['pprof', 'profile'],
    summary: 'print a CPU profile',
    load: async () => (await import('../commands/pprof/profile.ts')).default,
  },
  {
    path: ['pprof', 'threadcreate'],
    summary: 'print where threads were created',
    load: async () => (await import('../commands/pprof/threadcreate.ts')).default,
  },
  {
    path: ['pprof', 'trace'],
    summary: 'print an execution trace',
    load: async () => (await import('../commands/pprof/trace.ts')).default,
  },
]
