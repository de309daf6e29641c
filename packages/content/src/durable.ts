// SPDX-License-Identifier: Apache-2.0
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf } from '@containerd-ts/errdefs'
import { native } from '@containerd-ts/native-sys'

/** Makes a directory and its missing parents, each name durable. */
export async function makeDurableDirectory(path: string, mode = 0o755): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await native.fsyncDirectory(dirname(made))
}

/** Replaces a small file whole: readers see the old text or the new one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`
  {
    await using file = await open(temporary, 'w', 0o666)
    await file.writeFile(text)
    await file.datasync()
  }
  await rename(temporary, path)
}

/** `undefined` instead of a rejection where the thing does not exist. */
export async function absentOnMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined
    throw error
  }
}
