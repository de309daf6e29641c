// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '@containerd-ts/errdefs'

/** What `delete` needs of a container's options. */
export interface SavedOptions {
  readonly binaryName: string
  /** Empty for the default. */
  readonly root: string
}

/** Reads what Create left in the bundle; a missing file means the defaults. */
export async function readSavedOptions(bundle: string): Promise<SavedOptions> {
  const [binaryName, options] = await Promise.all([
    readOptional(join(bundle, 'runtime')),
    readOptional(join(bundle, 'options.json')),
  ])
  const { root } = (options === '' ? {} : JSON.parse(options)) as { readonly root?: string }
  return { binaryName, root: root ?? '' }
}

async function readOptional(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return ''
  }
}
