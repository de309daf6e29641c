// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/**
 * A socket whose writes are done at once, buffered here as far as HTTP/2's windows let the peer be owed.
 *
 * Node's HTTP/2 does not read while a write is under way. Two such ends that both have more to say than the
 * kernel's buffers hold wait for each other for ever; one end that always reads is enough to prevent it.
 */
export class EagerSocket extends Duplex {
  readonly #socket: Socket

  constructor(socket: Socket) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause()
    })
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#socket.write(chunk)
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#socket.cork()
    for (const { chunk } of chunks) this.#socket.write(chunk)
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
}
