// SPDX-License-Identifier: Apache-2.0
import type { TaskIo } from '@containerd-ts/core'
import { native } from '@containerd-ts/native-sys'
import type { Relay } from '@containerd-ts/native-sys'
import { openLocalStream } from './local-stream.ts'

/** Local ends of a process's streams; they stay the caller's. */
export interface LocalStdio {
  /** Absent: the process's input stays open and empty. */
  readonly stdin?: number | undefined
  readonly stdout?: number | undefined
  readonly stderr?: number | undefined
}

/** Bytes on their way between this process and a task; disposal cuts them off. */
export interface StdioCopy extends AsyncDisposable {
  /** Settles when the task's output has ended and all of it is delivered. */
  readonly outputDone: Promise<void>
  /** Settles when local input has ended and all of it is delivered. Never without local input. */
  readonly inputDone: Promise<void>
}

/**
 * Opens this side of a FIFO set and moves bytes in the kernel. Output FIFOs are open when this returns; the
 * writing end of the input opens as soon as the shim reads it.
 */
export async function copyStdio(io: TaskIo, local: LocalStdio): Promise<StdioCopy> {
  const stop = new AbortController()
  const outputs: Relay[] = []
  try {
    for (const [path, fd] of [
      [io.stdout, local.stdout],
      [io.stderr, local.stderr],
    ] as const) {
      if (path === '' || fd === undefined) continue
      const from = await native.openFifo(path, { access: 'read' })
      outputs.push(native.relay({ from, to: openLocalStream(fd, 'write'), onBroken: 'discard' }))
    }
  } catch (error) {
    for (const relay of outputs) relay.close()
    throw error
  }
  const input = local.stdin === undefined || io.stdin === '' ? undefined : copyInput(io.stdin, local.stdin, stop.signal)
  const outputDone = Promise.all(outputs.map((relay) => relay.done)).then(() => {})
  outputDone.catch(() => {}) // whoever awaits it is told
  input?.catch(() => {})
  return {
    outputDone,
    inputDone: input ?? new Promise(() => {}),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      for (const relay of outputs) relay.close()
      await Promise.allSettled([...outputs.map((relay) => relay.done), ...(input === undefined ? [] : [input])])
    },
  }
}

async function copyInput(path: string, fd: number, signal: AbortSignal): Promise<void> {
  try {
    const to = await native.openFifo(path, { access: 'write', signal })
    const relay = native.relay({ from: openLocalStream(fd, 'read'), to })
    const cut = (): void => relay.close()
    if (signal.aborted) cut()
    else signal.addEventListener('abort', cut, { once: true })
    await relay.done
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
