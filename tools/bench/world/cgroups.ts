// SPDX-License-Identifier: Apache-2.0
import { readdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { mountTable } from '@containerd-ts/testkit'

/** Removes the cgroups below a containerd namespace, in every hierarchy. Nothing runs in them any more. */
export async function removeCgroups(namespace: string): Promise<void> {
  const hierarchies = mountTable().filter(({ type }) => type === 'cgroup' || type === 'cgroup2')
  for (const { path } of hierarchies) await removeTree(join(path, namespace))
}

async function removeTree(dir: string): Promise<void> {
  try {
    const entries = await readdir(dir, { withFileTypes: true })
    for (const entry of entries) if (entry.isDirectory()) await removeTree(join(dir, entry.name))
    await rmdir(dir)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
