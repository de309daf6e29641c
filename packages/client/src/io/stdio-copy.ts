// SPDX-License-Identifier: Apache-2.0
import { fstatSync } from 'node:fs'
import type { TaskIo } from '@containerd-ts/core'
import { errnoOf } from '@containerd-ts/errdefs'
import { native } from '@containerd-ts/native-sys'
import type { Fd } from '@containerd-ts/native-sys'
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
  const outputs: OutputCopy[] = []
  try {
    for (const [path, fd] of [
      [io.stdout, local.stdout],
      [io.stderr, local.stderr],
    ] as const) {
      if (path === '' || fd === undefined) continue
      const from = await native.openFifo(path, { access: 'read' })
      outputs.push(fstatSync(fd).isSocket() ? copyToSocket(from, fd) : relayTo(from, fd))
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

interface OutputCopy {
  readonly done: Promise<unknown>
  close(): void
}

const relayTo = (from: Fd, fd: number): OutputCopy =>
  native.relay({ from, to: openLocalStream(fd, 'write'), onBroken: 'discard' })

/**
 * A relay shuts a socket down when its source ends, and this one is still our own stream: whoever started us may
 * be told more. Such bytes pass through this process.
 */
function copyToSocket(from: Fd, fd: number): OutputCopy {
  const stop = new AbortController()
  const { signal } = stop
  const pump = async (): Promise<void> => {
    try {
      for (let open = true; ;) {
        const bytes = await native.readFd(from, { signal })
        if (bytes.length === 0) return
        if (open) open = await deliver(fd, bytes, signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      native.close(from)
    }
  }
  return { done: pump(), close: () => stop.abort() }
}

/** Whether anybody still reads. */
async function deliver(fd: Fd, bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
  try {
    await native.writeFd(fd, bytes, { signal })
    return true
  } catch (error) {
    if (!['EPIPE', 'ECONNRESET'].includes(errnoOf(error) ?? '')) throw error
    return false
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
