// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { WindowGrowth } from './window-growth.ts'

/**
 * A socket whose writes are done at once, buffered here as far as HTTP/2's windows let the peer be owed.
 *
 * Node's HTTP/2 does not read while a write is under way. Two such ends that both have more to say than the
 * kernel's buffers hold wait for each other for ever; one end that always reads is enough to prevent it.
 */
export class EagerSocket extends Duplex {
  readonly #socket: Socket
  readonly #growth: WindowGrowth | undefined

  /** @param growth where the reader does not understand it by itself */
  constructor(socket: Socket, growth?: WindowGrowth) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    this.#growth = growth
    socket.on('data', (chunk: Buffer) => this.#receive(growth?.received(chunk) ?? [chunk]))
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#send(chunk)
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#socket.cork()
    for (const { chunk } of chunks) this.#send(chunk)
    this.#socket.uncork()
    done()
  }

  override _final(done: () => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }

  #send(chunk: Buffer): void {
    this.#socket.write(chunk)
    if (this.#growth !== undefined) this.#receive(this.#growth.sent(chunk))
  }

  #receive(chunks: Iterable<Buffer>): void {
    let more = true
    for (const chunk of chunks) more = this.push(chunk)
    if (!more) this.#socket.pause()
  }
}
