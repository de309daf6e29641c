// SPDX-License-Identifier: Apache-2.0
import { fchownSync } from 'node:fs'
import { native } from '@containerd-ts/native-sys'
import type { Fd, Relay } from '@containerd-ts/native-sys'
import { OwnedFds } from '@containerd-ts/runc'
import type { ProcessStdio } from '@containerd-ts/runc'
import { openInput, openOutput } from './client-pipe.ts'
import type { IoOwner, ProcessIo, Streams } from './process-io.ts'

type Pipe = { readonly read: Fd; readonly write: Fd }

/**
 * Pipes between the process and the client's FIFOs or files. The process never holds a FIFO itself: a client
 * that comes and goes is nothing it could notice, and its end of output is told from a client's.
 */
export class PipeIo implements ProcessIo {
  readonly stdio: ProcessStdio
  readonly consoleSocket = undefined
  readonly #fds = new OwnedFds(native)
  readonly #streams: Streams
  readonly #stdin: Pipe | undefined
  readonly #outputs: readonly { readonly path: string; readonly pipe: Pipe }[]
  readonly #relays: Relay[] = []
  #input: Relay | undefined
  #stdinKeeper: Fd | undefined

  constructor(streams: Streams, owner: IoOwner) {
    this.#streams = streams
    try {
      this.#stdin = streams.stdin === '' ? undefined : this.#fds.pipe()
      this.#outputs = [streams.stdout, streams.stderr].map((path) => ({ path, pipe: this.#fds.pipe() }))
      const [out, err] = this.#outputs.map(({ pipe }) => pipe.write) as [Fd, Fd]
      this.stdio = [this.#stdin?.read ?? 'null', out, err]
      for (const fd of this.stdio) if (fd !== 'null') chown(fd, owner)
    } catch (error) {
      this.#fds[Symbol.dispose]()
      throw error
    }
  }

  async attach(signal: AbortSignal): Promise<void> {
    for (const fd of this.stdio) if (fd !== 'null') this.#fds.close(fd)
    for (const { path, pipe } of this.#outputs) {
      const to = await openOutput(path, this.#fds, signal)
      this.#relays.push(native.relay({ from: this.#fds.give(pipe.read), to: this.#fds.give(to), onBroken: 'discard' }))
    }
    if (this.#stdin === undefined) return
    const { read, keeper } = await openInput(this.#streams.stdin, this.#fds, signal)
    this.#stdinKeeper = keeper
    this.#input = native.relay({ from: this.#fds.give(read), to: this.#fds.give(this.#stdin.write) })
    this.#input.done.catch(() => {}) // its reader is the process: how it fares is told by the exit
  }

  closeStdin(): void {
    this.#fds.close(this.#stdinKeeper)
  }

  resize(): void {}
  exited(): void {}

  async drained(): Promise<void> {
    await Promise.allSettled(this.#relays.map((relay) => relay.done))
  }

  async close(): Promise<void> {
    for (const relay of [...this.#relays, this.#input]) relay?.close()
    await this.drained()
    await this.#input?.done.catch(() => {})
    this.#fds[Symbol.dispose]()
  }
}

function chown(fd: Fd, { uid, gid }: IoOwner): void {
  if (uid !== 0 || gid !== 0) fchownSync(fd, uid, gid)
}
