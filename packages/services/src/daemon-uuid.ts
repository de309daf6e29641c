// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '@containerd-ts/errdefs'

/** Id of a daemon's root, made when first asked for and kept in the original's place. */
export function daemonUuid(root: string): () => Promise<string> {
  const directory = join(root, 'io.containerd.grpc.v1.introspection')
  const path = join(directory, 'uuid')
  let known: Promise<string> | undefined
  const load = async (): Promise<string> => {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return ''
      throw error
    })
    if (text !== '') return text
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const uuid = randomUUID()
    await writeFile(path, uuid, { mode: 0o666 })
    return uuid
  }
  return () => {
    known ??= load().catch((error: unknown) => {
      known = undefined
      throw error
    })
    return known
  }
}
