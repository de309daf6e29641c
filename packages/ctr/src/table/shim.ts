// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

const profiles = ['block', 'goroutines', 'heap', 'profile', 'threadcreate', 'trace']

export const shimCommands: readonly CommandEntry[] = [
  {
    path: ['shim', 'delete'],
    summary: 'delete a container through its shim',
    load: async () => (await import('../commands/shim/delete.ts')).default,
  },
  {
    path: ['shim', 'exec'],
    summary: 'run a process in a container through its shim',
    load: async () => (await import('../commands/shim/exec.ts')).default,
  },
  {
    path: ['shim', 'start'],
    summary: 'start a container through its shim',
    load: async () => (await import('../commands/shim/start.ts')).default,
  },
  {
    path: ['shim', 'shutdown'],
    summary: 'shut a shim down',
    load: async () => (await import('../commands/shim/shutdown.ts')).default,
  },
  {
    path: ['shim', 'state'],
    summary: 'print the state of a process from its shim',
    load: async () => (await import('../commands/shim/state.ts')).default,
  },
  ...profiles.map((name) => ({
    path: ['shim', 'pprof', name],
    summary: 'print a profile of a shim; shims have none',
    load: async () => (await import('../commands/shim/pprof.ts')).default,
  })),
]
