// SPDX-License-Identifier: Apache-2.0
import { chmod, chown, mkdir, stat } from 'node:fs/promises'
import { errnoOf, InvalidArgumentError } from '@containerd-ts/errdefs'
import type { AllowedRoots } from './allowed-roots.ts'
import { takeOptions } from './transformer.ts'
import type { Transformer } from './transformer.ts'

interface Directory {
  readonly path: string
  readonly mode: number
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
}

/** `mkdir/`: makes the directories of options `X-containerd.mkdir.path=<path>[:mode[:uid:gid]]` where they are missing. */
export const mkdirTransformer = (roots: AllowedRoots): Transformer => ({
  needsEarlier: false,
  async transform(mount, _earlier, { signal }) {
    const { taken, rest } = takeOptions(mount, 'mkdir')
    for (const [key, value] of taken) {
      if (key !== 'path') throw new InvalidArgumentError(`unknown mount option X-containerd.mkdir.${key}`)
      signal?.throwIfAborted()
      await make(parse(value), roots)
    }
    return { ...mount, options: rest }
  },
})

function parse(value: string): Directory {
  const match = /^([^:]+)(?::([0-7]{1,4})(?::(\d+):(\d+))?)?$/.exec(value)
  if (match === null) throw new InvalidArgumentError(`bad mount option X-containerd.mkdir.path=${value}`)
  const [, path = '', mode = '700', uid, gid] = match
  const owner = uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
  return { path, mode: Number.parseInt(mode, 8), owner }
}

async function make({ path, mode, owner }: Directory, roots: AllowedRoots): Promise<void> {
  const allowed = await roots.check(path)
  if (await isDirectory(allowed)) return
  await mkdir(allowed, { recursive: true, mode: 0o700 })
  await chmod(allowed, mode)
  if (owner !== undefined) await chown(allowed, owner.uid, owner.gid)
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
  throw new InvalidArgumentError(`${path} is not a directory`)
}
