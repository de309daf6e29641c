// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import { link, lstat, open, rm } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { errnoOf, FailedPreconditionError, InvalidArgumentError, UnavailableError } from '@containerd-ts/errdefs'
import { runProgram } from '@containerd-ts/native-sys'
import type { ProgramCalls, SpawnCalls } from '@containerd-ts/native-sys'
import { sbinPath } from '../sbin-path.ts'
import type { AllowedRoots } from './allowed-roots.ts'
import { parseFileSystem, toolArguments } from './file-system.ts'
import type { FileSystemRequest } from './file-system.ts'
import { takeOptions } from './transformer.ts'
import type { Transformer } from './transformer.ts'

export type MkfsCalls = ProgramCalls & Pick<SpawnCalls, 'findExecutable'>

/**
 * `mkfs/`: makes the source a file with a file system of options `X-containerd.mkfs.{size,fs,uuid}`, unless it is
 * there already.
 */
export const mkfsTransformer = (calls: MkfsCalls, roots: AllowedRoots): Transformer => ({
  async transform(mount, _earlier, { signal }) {
    const { taken, rest } = takeOptions(mount, 'mkfs')
    const request = parseFileSystem(taken)
    signal?.throwIfAborted()
    await make(calls, roots, mount.source, request, signal)
    return { ...mount, options: rest }
  },
})

/** The file appears whole or not at all: a kill leaves a file under another name. */
async function make(
  calls: MkfsCalls,
  roots: AllowedRoots,
  path: string,
  request: FileSystemRequest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const name = basename(path)
  if (path === '' || name === '') throw new InvalidArgumentError(`source ${path} names no file`)
  using directory = roots.openDirectory(dirname(path))
  const file = `${directory.path}/${name}`
  if (await isFile(file, path)) return
  const tool = calls.findExecutable(`mkfs.${request.type}`, sbinPath())
  if (tool === undefined) throw new UnavailableError(`mkfs.${request.type} is not installed`)
  const draft = `${directory.path}/.${name}.mkfs-${randomBytes(6).toString('hex')}`
  await using undo = new AsyncDisposableStack()
  undo.defer(() => rm(draft, { force: true }))
  {
    await using handle = await open(draft, 'wx', 0o600)
    await handle.truncate(request.sizeBytes)
  }
  const args = [...toolArguments(request), draft]
  const { status, stderr } = await runProgram(calls, { path: tool, args, ...(signal === undefined ? {} : { signal }) })
  if (status !== 0) throw new Error(`mkfs.${request.type} of ${path}: exit status ${status}: ${stderr.trim()}`)
  await link(draft, file).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error // somebody else has made it meanwhile
  })
}

async function isFile(file: string, path: string): Promise<boolean> {
  try {
    if ((await lstat(file)).isFile()) return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
  throw new FailedPreconditionError(`source ${path} is there and no regular file`)
}
