// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

export const tasksCommands: readonly CommandEntry[] = [
  {
    path: ['tasks', 'attach'],
    summary: 'attach to the streams of a container',
    load: async () => (await import('../commands/tasks/attach.ts')).default,
  },
  {
    path: ['tasks', 'checkpoint'],
    summary: 'checkpoint a container',
    load: async () => (await import('../commands/tasks/checkpoint.ts')).default,
  },
  {
    path: ['tasks', 'delete'],
    aliases: ['del', 'remove', 'rm'],
    summary: 'delete tasks that have ended',
    load: async () => (await import('../commands/tasks/delete.ts')).default,
  },
  {
    path: ['tasks', 'exec'],
    summary: 'run a process in a container',
    load: async () => (await import('../commands/tasks/exec.ts')).default,
  },
  {
    path: ['tasks', 'list'],
    aliases: ['ls'],
    summary: 'list tasks',
    load: async () => (await import('../commands/tasks/list.ts')).default,
  },
  {
    path: ['tasks', 'kill'],
    summary: 'signal a container',
    load: async () => (await import('../commands/tasks/kill.ts')).default,
  },
  {
    path: ['tasks', 'metrics'],
    aliases: ['metric'],
    summary: 'print what a container uses',
    load: async () => (await import('../commands/tasks/metrics.ts')).default,
  },
  {
    path: ['tasks', 'pause'],
    summary: 'pause a container',
    load: async () => (await import('../commands/tasks/pause.ts')).default,
  },
  {
    path: ['tasks', 'ps'],
    summary: 'list the processes of a task',
    load: async () => (await import('../commands/tasks/ps.ts')).default,
  },
  {
    path: ['tasks', 'resume'],
    summary: 'resume a container',
    load: async () => (await import('../commands/tasks/resume.ts')).default,
  },
  {
    path: ['tasks', 'start'],
    summary: 'start a container that was created',
    load: async () => (await import('../commands/tasks/start.ts')).default,
  },
]
