// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe } from '@containerd-ts/errdefs'
import type { Runc } from '@containerd-ts/runc'
import type { CheckpointOptions } from './options.ts'

export interface CheckpointTarget {
  readonly id: string
  readonly bundle: string
  /** Directory for the image. */
  readonly path: string
  readonly options: CheckpointOptions
}

/** Writes a checkpoint. CRIU's log outlives a failure, in the bundle. */
export async function takeCheckpoint(runc: Runc, target: CheckpointTarget, signal?: AbortSignal): Promise<void> {
  const { id, bundle, path, options } = target
  const own = options.workPath === ''
  const workPath = own ? join(bundle, 'work', 'criu-work') : options.workPath
  const request = {
    imagePath: path,
    workPath,
    openTcp: options.openTcp,
    externalUnixSockets: options.externalUnixSockets,
    terminal: options.terminal,
    fileLocks: options.fileLocks,
    emptyNamespaces: options.emptyNamespaces,
    leaveRunning: !options.exit,
  }
  try {
    if (own) await mkdir(workPath, { recursive: true, mode: 0o700 })
    await runc.checkpoint(id, request, { signal })
  } catch (error) {
    const log = join(bundle, 'criu-dump.log')
    await copyFile(join(workPath, 'dump.log'), log).catch(() => {}) // CRIU may not have got that far
    throw new Error(`${describe(error).split('\n')[0]} path= ${log}`)
  } finally {
    if (own) await rm(workPath, { recursive: true, force: true })
  }
}
