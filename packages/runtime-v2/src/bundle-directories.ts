// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises'
import type { Logger, Namespace } from '@containerd-ts/core'
import { parseNamespace } from '@containerd-ts/core'
import { errnoOf } from '@containerd-ts/errdefs'

/** Names of the directories below one, without the hidden ones; none when it does not exist. */
export async function visibleDirectories(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .toSorted()
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return []
  }
}

/** Takes the namespaces that have a directory here one after the other. One that fails is logged and stops no other. */
export async function forEachNamespace(
  dir: string,
  logger: Logger,
  work: (namespace: Namespace) => Promise<void>,
): Promise<void> {
  for (const name of await visibleDirectories(dir)) {
    try {
      await work(parseNamespace(name))
    } catch (error) {
      logger.error('directory of a namespace passed over', { dir, namespace: name, error })
    }
  }
}
