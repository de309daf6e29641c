// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from 'node:stream'
import { encodeFrame, FrameDecoder, type Frame } from './frame.ts'

export interface FrameSocketEvents {
  /** Called for each frame in order; a promise stalls all reading from the peer until it settles. */
  onFrame(frame: Frame): void | Promise<void>
  /** Called once, after the socket is gone. A peer that left or reset the connection is no error. */
  onClose(error: Error | undefined): void
}

/** Frames over a socket: one reader with back-pressure, whole-frame writes. */
export class FrameSocket {
  readonly #socket: Duplex
  readonly #events: FrameSocketEvents
  readonly #decoder = new FrameDecoder()
  #pending: Frame[] = []
  #stalled = false
  #closed = false
  #error: Error | undefined
  #drained: PromiseWithResolvers<void> | undefined

  constructor(socket: Duplex, events: FrameSocketEvents) {
    this.#socket = socket
    this.#events = events
    socket.on('data', (chunk: Uint8Array) => this.#onData(chunk))
    socket.on('drain', () => this.#releaseWriters())
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') this.#error ??= error
    })
    socket.on('end', () => this.destroy())
    socket.on('close', () => this.#onClose())
  }

  get closed(): boolean {
    return this.#closed || this.#socket.destroyed
  }

  /** Queues one frame. Resolves, or returns nothing, when the socket's buffer has room for more. */
  write(streamId: number, type: number, flags: number, body: Uint8Array): Promise<void> | undefined {
    if (this.closed) return undefined
    if (this.#socket.write(encodeFrame(streamId, type, flags, body))) return undefined
    this.#drained ??= Promise.withResolvers<void>()
    return this.#drained.promise
  }

  /** Ends the connection at once; frames already written are not waited for. */
  destroy(error?: Error): void {
    this.#error ??= error
    this.#socket.destroy()
  }

  /** Sends what is queued, then ends the connection. */
  finish(): void {
    if (!this.closed) this.#socket.end()
  }

  #onData(chunk: Uint8Array): void {
    for (const frame of this.#decoder.push(chunk)) this.#pending.push(frame)
    if (!this.#stalled) this.#deliver()
  }

  #deliver(): void {
    const frames = this.#pending
    let next = 0
    while (next < frames.length && !this.#closed) {
      const wait = this.#events.onFrame(frames[next++] as Frame)
      if (wait === undefined) continue
      this.#pending = frames.slice(next)
      this.#stall(wait)
      return
    }
    this.#pending = []
  }

  #stall(wait: Promise<void>): void {
    this.#stalled = true
    this.#socket.pause()
    const go = (): void => {
      this.#stalled = false
      this.#deliver()
      if (!this.#stalled) this.#socket.resume()
    }
    wait.then(go, (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))))
  }

  #releaseWriters(): void {
    this.#drained?.resolve()
    this.#drained = undefined
  }

  #onClose(): void {
    if (this.#closed) return
    this.#closed = true
    this.#pending = []
    this.#releaseWriters()
    this.#events.onClose(this.#error)
  }
}
