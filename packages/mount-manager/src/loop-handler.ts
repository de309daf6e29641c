// SPDX-License-Identifier: Apache-2.0
import { readFile, readlink, realpath, symlink, unlink } from 'node:fs/promises'
import { basename } from 'node:path'
import type { CallOptions, HandledMount, Mount, MountHandler } from '@containerd-ts/core'
import { errnoOf, UnavailableError } from '@containerd-ts/errdefs'
import { Semaphore } from '@containerd-ts/lifecycle'
import { native, runProgram } from '@containerd-ts/native-sys'
import type { ProgramCalls, SpawnCalls } from '@containerd-ts/native-sys'
import { sbinPath } from './sbin-path.ts'

export type LoopCalls = ProgramCalls & Pick<SpawnCalls, 'findExecutable'>

/** Somebody else may take the free device first. */
const tries = 20

/**
 * Mount type `loop`: a file becomes a block device, and the mount point a link to it. Option `ro` is the only one.
 * Beside the mount point, a link `<mount point>-file` names the file. Both links are there before the device is
 * attached, so that a kill in between leaks none; and the device is detached only while it is the file's.
 */
export class LoopHandler implements MountHandler {
  readonly type = 'loop'
  readonly #calls: LoopCalls
  readonly #turn = new Semaphore(1)

  constructor(calls: LoopCalls = native) {
    this.#calls = calls
  }

  async mount({ source, options }: Mount, mountPoint: string, call: CallOptions = {}): Promise<HandledMount> {
    const file = await realpath(source)
    await symlink(file, fileLink(mountPoint))
    const flags = options.includes('ro') ? ['--read-only'] : []
    using _turn = await this.#turn.acquire(call.signal)
    for (let left = tries; ; left--) {
      const device = (await this.#losetup(['--find'])).trim()
      await symlink(device, mountPoint)
      try {
        await this.#losetup([...flags, device, file])
        return { data: { device } }
      } catch (error) {
        await unlink(mountPoint)
        if (left === 0 || (await backingFile(device)) === undefined) throw error
      }
      call.signal?.throwIfAborted()
    }
  }

  /** A device in use is freed by the kernel once it is not any more. */
  async unmount(mountPoint: string): Promise<void> {
    const [device, file] = [await linkTarget(mountPoint), await linkTarget(fileLink(mountPoint))]
    if (device !== undefined && file !== undefined && (await backingFile(device)) === file) {
      await this.#losetup(['--detach', device])
    }
    if (device !== undefined) await unlink(mountPoint)
    if (file !== undefined) await unlink(fileLink(mountPoint))
  }

  async #losetup(args: readonly string[]): Promise<string> {
    const path = this.#calls.findExecutable('losetup', sbinPath())
    if (path === undefined) throw new UnavailableError('losetup is not installed')
    const { status, stdout, stderr } = await runProgram(this.#calls, { path, args })
    if (status !== 0) throw new UnavailableError(`losetup ${args.join(' ')}: exit status ${status}: ${stderr.trim()}`)
    return stdout
  }
}

const fileLink = (mountPoint: string): string => `${mountPoint}-file`

/** Path of the file that a loop device shows, undefined when it shows none. A deleted file keeps its path. */
async function backingFile(device: string): Promise<string | undefined> {
  try {
    const path = await readFile(`/sys/block/${basename(device)}/loop/backing_file`, 'utf8')
    return path.replace(/\n$/, '').replace(/ \(deleted\)$/, '')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
