// SPDX-License-Identifier: Apache-2.0
import type { CommandEntry } from '../cli/command-table.ts'

export const imagesCommands: readonly CommandEntry[] = [
  {
    path: ['images', 'check'],
    summary: 'check that images are all there',
    load: async () => (await import('../commands/images/check.ts')).default,
  },
  {
    path: ['images', 'export'],
    summary: 'write images to a tar archive',
    load: async () => (await import('../commands/images/export.ts')).default,
  },
  {
    path: ['images', 'import'],
    summary: 'import images from a tar archive',
    load: async () => (await import('../commands/images/import.ts')).default,
  },
  {
    path: ['images', 'inspect'],
    aliases: ['i'],
    summary: 'print the tree of an image',
    load: async () => (await import('../commands/images/inspect.ts')).default,
  },
  {
    path: ['images', 'list'],
    aliases: ['ls'],
    summary: 'list images',
    load: async () => (await import('../commands/images/list.ts')).default,
  },
  {
    path: ['images', 'mount'],
    summary: 'mount an image',
    load: async () => (await import('../commands/images/mount.ts')).default,
  },
  {
    path: ['images', 'unmount'],
    summary: 'unmount an image',
    load: async () => (await import('../commands/images/unmount.ts')).default,
  },
  {
    path: ['images', 'pull'],
    summary: 'pull an image from a registry and unpack it',
    load: async () => (await import('../commands/images/pull.ts')).default,
  },
  {
    path: ['images', 'push'],
    summary: 'push an image to a registry',
    load: async () => (await import('../commands/images/push.ts')).default,
  },
  {
    path: ['images', 'prune'],
    summary: 'delete images that no container uses',
    load: async () => (await import('../commands/images/prune.ts')).default,
  },
  {
    path: ['images', 'delete'],
    aliases: ['del', 'remove', 'rm'],
    summary: 'delete image names',
    load: async () => (await import('../commands/images/delete.ts')).default,
  },
  {
    path: ['images', 'tag'],
    summary: 'give an image more names',
    load: async () => (await import('../commands/images/tag.ts')).default,
  },
  {
    path: ['images', 'label'],
    summary: 'set and clear labels of an image',
    load: async () => (await import('../commands/images/label.ts')).default,
  },
  {
    path: ['images', 'convert'],
    summary: 'convert an image',
    load: async () => (await import('../commands/images/convert.ts')).default,
  },
  {
    path: ['images', 'usage'],
    summary: 'print disk use of the snapshots of an image',
    load: async () => (await import('../commands/images/usage.ts')).default,
  },
]
