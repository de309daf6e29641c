// SPDX-License-Identifier: Apache-2.0
import { chmod, chown } from 'node:fs/promises'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { AllowedRoots } from './allowed-roots.ts'
import { takeOptions } from './transformer.ts'
import type { Transformer } from './transformer.ts'

interface DirectoryRequest {
  readonly path: string
  readonly mode: number
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
}

/** `mkdir/`: makes the directories of options `X-containerd.mkdir.path=<path>[:mode[:uid:gid]]` where they are missing. */
export const mkdirTransformer = (roots: AllowedRoots): Transformer => ({
  async transform(mount, _earlier, { signal }) {
    const { taken, rest } = takeOptions(mount, 'mkdir')
    const requests = taken.map(([key, value]) => parse(key, value))
    for (const request of requests) {
      signal?.throwIfAborted()
      await make(request, roots)
    }
    return { ...mount, options: rest }
  },
})

function parse(key: string, value: string): DirectoryRequest {
  const match = key === 'path' ? /^([^:]+)(?::([0-7]{1,4})(?::(\d+):(\d+))?)?$/.exec(value) : null
  const [, path, mode = '700', uid, gid] = match ?? []
  if (path === undefined || Number.parseInt(mode, 8) > 0o777) {
    throw new InvalidArgumentError(`bad mount option X-containerd.mkdir.${key}=${value}`)
  }
  const owner = uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
  return { path, mode: Number.parseInt(mode, 8), owner }
}

/** One that is there already is taken as it is. */
async function make({ path, mode, owner }: DirectoryRequest, roots: AllowedRoots): Promise<void> {
  using made = await roots.createDirectory(path)
  if (made === undefined) return
  if (owner !== undefined) await chown(made.path, owner.uid, owner.gid)
  await chmod(made.path, mode)
}
