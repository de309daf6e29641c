// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

export const contentCommands: readonly CommandEntry[] = [
  {
    path: ['content', 'active'],
    summary: 'list unfinished writes',
    load: async () => (await import('../commands/content/active.ts')).default,
  },
  {
    path: ['content', 'delete'],
    aliases: ['del', 'remove', 'rm'],
    summary: 'delete blobs',
    load: async () => (await import('../commands/content/delete.ts')).default,
  },
  {
    path: ['content', 'edit'],
    summary: 'edit a blob and store the result',
    load: async () => (await import('../commands/content/edit.ts')).default,
  },
  {
    path: ['content', 'fetch'],
    summary: 'fetch all content of an image, without unpacking it',
    load: async () => (await import('../commands/content/fetch.ts')).default,
  },
  {
    path: ['content', 'fetch-object'],
    summary: 'print what a reference leads to, from the registry',
    load: async () => (await import('../commands/content/fetch-object.ts')).default,
  },
  {
    path: ['content', 'fetch-blob'],
    summary: 'print blobs, from the registry',
    load: async () => (await import('../commands/content/fetch-blob.ts')).default,
  },
  {
    path: ['content', 'get'],
    summary: 'write a blob to standard output',
    load: async () => (await import('../commands/content/get.ts')).default,
  },
  {
    path: ['content', 'ingest'],
    summary: 'store standard input as a blob',
    load: async () => (await import('../commands/content/ingest.ts')).default,
  },
  {
    path: ['content', 'list'],
    aliases: ['ls'],
    summary: 'list blobs',
    load: async () => (await import('../commands/content/list.ts')).default,
  },
  {
    path: ['content', 'push-object'],
    summary: 'push a blob to a registry',
    load: async () => (await import('../commands/content/push-object.ts')).default,
  },
  {
    path: ['content', 'label'],
    summary: 'set and clear labels of a blob',
    load: async () => (await import('../commands/content/label.ts')).default,
  },
  {
    path: ['content', 'prune', 'references'],
    summary: 'drop what ties layers to images, and collect garbage',
    load: async () => (await import('../commands/content/prune/references.ts')).default,
  },
]
