// SPDX-License-Identifier: Apache-2.0
import { NotFoundError } from '@containerd-ts/errdefs'
import type { ProcessExit } from '@containerd-ts/shim'
import { saysDoesNotExist, saysGone } from '@containerd-ts/runc'
import type { WindowSize } from '@containerd-ts/native-sys'
import type { Streams } from './stdio/process-io.ts'

/** Longest wait for readers of a process's streams. */
export const attachTimeoutMs = 30_000
/** Longest wait for its last output. */
export const drainTimeoutMs = 10_000

export type ProcessStatus = 'created' | 'running' | 'paused' | 'pausing' | 'stopped'

/** Ends without an exit: the process never ran. Status 0, no time. */
interface NoExit {
  readonly status: 0
  readonly at: undefined
}

export type ProcessEnd = ProcessExit | NoExit

/** What init and exec processes have in common. */
export interface ContainerProcess {
  readonly id: string
  /** 0 until it runs. */
  readonly pid: number
  readonly streams: Streams
  readonly status: ProcessStatus
  readonly exit: ProcessExit | undefined
  /** Resolves at its end. */
  readonly ended: Promise<ProcessEnd>
  closeStdin(): void
  resize(size: WindowSize): void
}

/** What a failed kill means. */
export function killError(error: unknown): Error {
  if (saysGone(error)) return new NotFoundError('process already finished')
  if (saysDoesNotExist(error)) return new NotFoundError('no such container')
  return new Error('unknown error after kill', { cause: error })
}

/** Waits for `work`, but no longer than that. */
export async function withinMs(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, limit])
  clearTimeout(timer)
}
