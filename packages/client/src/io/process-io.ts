// SPDX-License-Identifier: Apache-2.0
import type { TaskIo } from '@containerd-ts/core'
import { createFifoSet } from './fifo-set.ts'
import { removeFifos } from './remove-fifos.ts'
import { copyStdio } from './stdio-copy.ts'
import type { LocalStdio, StdioCopy } from './stdio-copy.ts'

/** Where the streams of a new process lead. */
export type IoRequest =
  /** FIFOs, with this process at the other end. */
  | { readonly kind: 'fifo'; readonly directory: string; readonly terminal: boolean; readonly local: LocalStdio }
  /** A file or a logging program of the shim's: `file:///path`, `binary:///path?key=value`. */
  | { readonly kind: 'log'; readonly uri: string; readonly terminal: boolean }
  /** Nowhere. */
  | { readonly kind: 'null' }

/** Streams of a process, seen from here. Disposal cuts them off and removes the FIFOs. */
export interface ProcessIo extends AsyncDisposable {
  readonly io: TaskIo
  /** Absent where this process moves no bytes. */
  readonly copy: StdioCopy | undefined
  /** Cuts the streams off but leaves the FIFOs, so that somebody can attach later. */
  detach(): Promise<void>
}

/** Opens the streams of a process that is yet to be made. */
export async function openProcessIo(id: string, request: IoRequest): Promise<ProcessIo> {
  if (request.kind !== 'fifo') return { io: plainIo(request), copy: undefined, ...nothingToDo }
  await using undo = new AsyncDisposableStack()
  const { directory, terminal, local } = request
  const fifos = undo.use(await createFifoSet({ directory, id, terminal }))
  const copy = undo.use(await copyStdio(fifos.io, local))
  const owned = undo.move()
  return {
    io: fifos.io,
    copy,
    detach: async () => copy[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Joins the streams of a process that exists. Disposal removes its FIFOs. */
export async function joinProcessIo(io: TaskIo, local: LocalStdio): Promise<ProcessIo> {
  const isFifo = io.stdout.startsWith('/')
  const copy = isFifo ? await copyStdio(io, local) : undefined
  const cut = async (): Promise<void> => copy?.[Symbol.asyncDispose]()
  return {
    io,
    copy,
    detach: cut,
    [Symbol.asyncDispose]: async () => {
      await cut()
      await removeFifos(io)
    },
  }
}

const nothingToDo = { detach: async () => {}, [Symbol.asyncDispose]: async () => {} }

function plainIo(request: Exclude<IoRequest, { kind: 'fifo' }>): TaskIo {
  if (request.kind === 'null') return { stdin: '', stdout: '', stderr: '', terminal: false }
  const { uri, terminal } = request
  return { stdin: '', stdout: uri, stderr: terminal ? '' : uri, terminal }
}
