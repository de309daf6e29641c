// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { TaskIo } from '@containerd-ts/core'
import { native } from '@containerd-ts/native-sys'

/** Where the original's clients keep their FIFOs. */
export const defaultFifoDirectory = '/run/containerd/fifo'

/** The FIFOs of one process, in a directory of their own; disposal removes them. */
export interface FifoSet extends AsyncDisposable {
  readonly io: TaskIo
}

export interface FifoSetOptions {
  /** Parent of the set's directory; made where it is missing. */
  readonly directory: string
  /** Container or exec id: the FIFOs are `<id>-stdin`, `<id>-stdout`, `<id>-stderr`. */
  readonly id: string
  /** A terminal has no standard error of its own. */
  readonly terminal: boolean
}

/** Makes the FIFOs that a shim opens; this side opens them before it asks for the task. */
export async function createFifoSet({ directory, id, terminal }: FifoSetOptions): Promise<FifoSet> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const home = await mkdtemp(join(directory, 'ctr-'))
  await using undo = new AsyncDisposableStack()
  undo.defer(() => rm(home, { recursive: true, force: true }))
  const path = (stream: string): string => join(home, `${id}-${stream}`)
  const names = terminal ? ['stdin', 'stdout'] : ['stdin', 'stdout', 'stderr']
  for (const name of names) await native.makeFifo(path(name), 0o700)
  const owned = undo.move()
  return {
    io: { stdin: path('stdin'), stdout: path('stdout'), stderr: terminal ? '' : path('stderr'), terminal },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
