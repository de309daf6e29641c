// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream'

/**
 * Bytes of somebody else's: may be looked into before they are read, and let go of at any time. Whoever provides them
 * may be silent for good, so a read that is under way is not waited for.
 */
export class ByteSource implements AsyncDisposable {
  readonly #iterator: AsyncIterator<Uint8Array>
  #head: Uint8Array = new Uint8Array()
  #reading = false
  #ended = false

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#iterator = bytes[Symbol.asyncIterator]()
  }

  /** The first bytes, which will be read again: as many as asked for unless there are fewer. */
  async peek(sizeBytes: number): Promise<Uint8Array> {
    while (this.#head.length < sizeBytes) {
      const piece = await this.#next()
      if (piece === undefined) break
      this.#head = this.#head.length === 0 ? piece : Buffer.concat([this.#head, piece])
    }
    return this.#head
  }

  /** All bytes, once. Destroying it leaves the source to disposal. */
  readable(): Readable {
    const readable = new Readable({
      read: () => {
        this.#take().then(
          (piece) => readable.push(piece ?? null),
          (error: Error) => readable.destroy(error),
        )
      },
    })
    return readable
  }

  /** Tells the source that no more is wanted. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    const released = this.#iterator.return?.()
    if (!this.#reading) await released
    else released?.catch(() => {}) // comes once that read ends, if ever; what it fails with is of no use by then
  }

  /** An empty piece would keep a Readable from asking again. */
  async #take(): Promise<Uint8Array | undefined> {
    const head = this.#head
    this.#head = new Uint8Array()
    if (head.length > 0) return head
    let piece = await this.#next()
    while (piece?.length === 0) piece = await this.#next()
    return piece
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined
    this.#reading = true
    try {
      const next = await this.#iterator.next()
      if (next.done !== true) return next.value
      this.#ended = true
      return undefined
    } catch (error) {
      this.#ended = true
      throw error
    } finally {
      this.#reading = false
    }
  }
}
