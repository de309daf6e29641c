// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { errnoOf, FailedPreconditionError, InvalidArgumentError } from '@containerd-ts/errdefs'
import { lockDirectory } from '@containerd-ts/native-sys'

/** Where the Go daemon keeps its metadata; there a plain file of ours keeps it from opening our root. */
const goMetadata = 'io.containerd.metadata.v1.bolt'
const guardText =
  'This root belongs to containerd-ts, whose metadata lies in io.containerd.store.v1.lmdb. ' +
  'This file stands where containerd (Go) would put its database, so that it does not take the root for its own and collect the content as garbage.\n'
const lockName = 'containerd-ts.lock'

export interface RootDirs {
  readonly root: string
  readonly state: string
  /** TMPDIR of the daemon; empty leaves it alone. */
  readonly temp: string
}

/**
 * Makes the daemon's top directories and takes the root for this process until disposal.
 *
 * @throws {InvalidArgumentError} root or state empty, or the same
 * @throws {FailedPreconditionError} another daemon holds the root (named by pid), or a Go daemon's metadata lies in it
 */
export async function claimRoot({ root, state, temp }: RootDirs): Promise<AsyncDisposable> {
  if (root === '') throw new InvalidArgumentError('"root" must be specified')
  if (state === '') throw new InvalidArgumentError('"state" must be specified')
  if (resolve(root) === resolve(state)) throw new InvalidArgumentError('"root" and "state" must be different paths')
  await makeDirectory(root, 0o700)
  await refuseGoRoot(root)
  await using undo = new AsyncDisposableStack()
  const lock = undo.use(await lockDirectory(root, lockName))
  await guardAgainstGo(root)
  await makeDirectory(state, 0o711)
  if (temp !== '') {
    await makeDirectory(temp, 0o700)
    process.env['TMPDIR'] = temp
  }
  undo.move()
  return lock
}

async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true, mode })
  await chmod(path, mode).catch((error: unknown) => {
    if (errnoOf(error) !== 'EPERM') throw error
  })
}

async function refuseGoRoot(root: string): Promise<void> {
  const database = join(root, goMetadata, 'meta.db')
  const found = await stat(database).then(
    () => true,
    (error: unknown) => {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false
      throw error
    },
  )
  if (found) throw new FailedPreconditionError(`root ${root} belongs to a Go containerd: it holds ${database}`)
}

async function guardAgainstGo(root: string): Promise<void> {
  const guard = join(root, goMetadata)
  const text = await readFile(guard, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined
    if (errnoOf(error) === 'EISDIR')
      throw new FailedPreconditionError(`root ${root} belongs to a Go containerd: it holds ${guard}`)
    throw error
  })
  if (text === undefined) await writeFile(guard, guardText, { mode: 0o600 })
}
