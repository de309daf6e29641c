// SPDX-License-Identifier: Apache-2.0
import { readlink, symlink, unlink } from 'node:fs/promises'
import type { CallOptions, HandledMount, Mount, MountHandler } from '@containerd-ts/core'
import { errnoOf, UnavailableError } from '@containerd-ts/errdefs'
import { native, runProgram } from '@containerd-ts/native-sys'
import type { ProgramCalls, SpawnCalls } from '@containerd-ts/native-sys'

export type LoopCalls = ProgramCalls & Pick<SpawnCalls, 'findExecutable'>

/** Mount type `loop`: a file becomes a block device, and the mount point a link to it. */
export class LoopHandler implements MountHandler {
  readonly type = 'loop'
  readonly #calls: LoopCalls

  constructor(calls: LoopCalls = native) {
    this.#calls = calls
  }

  async mount({ source, options }: Mount, mountPoint: string, call: CallOptions = {}): Promise<HandledMount> {
    const args = ['--find', '--show', ...(options.includes('ro') ? ['--read-only'] : []), source]
    const device = (await this.#losetup(args, call)).trim()
    try {
      await symlink(device, mountPoint)
    } catch (error) {
      await this.#losetup(['--detach', device], {})
      throw error
    }
    return { data: { device } }
  }

  async unmount(mountPoint: string, call: CallOptions = {}): Promise<void> {
    const device = await readlink(mountPoint).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw error
    })
    if (device === undefined) return
    // A device in use is freed by the kernel once it is not any more. One that is free already is no failure.
    if (await this.#isAttached(device)) await this.#losetup(['--detach', device], call)
    await unlink(mountPoint)
  }

  async #isAttached(device: string): Promise<boolean> {
    const { status } = await this.#run([device], {})
    return status === 0
  }

  async #losetup(args: readonly string[], call: CallOptions): Promise<string> {
    const { status, stdout, stderr } = await this.#run(args, call)
    if (status !== 0) throw new UnavailableError(`losetup ${args.join(' ')}: exit status ${status}: ${stderr.trim()}`)
    return stdout
  }

  #run(args: readonly string[], { signal }: CallOptions) {
    const path = this.#calls.findExecutable('losetup', `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`)
    if (path === undefined) throw new UnavailableError('losetup is not installed')
    return runProgram(this.#calls, { path, args, ...(signal === undefined ? {} : { signal }) })
  }
}
