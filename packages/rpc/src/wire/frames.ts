// SPDX-License-Identifier: Apache-2.0
import { InternalError, ResourceExhaustedError } from '@containerd-ts/errdefs'

/** One length-prefixed message as it came. */
export interface Frame {
  readonly compressed: boolean
  readonly data: Uint8Array
}

const headerBytes = 5

/** The message behind its five-byte header: not compressed, length big endian. */
export function encodeFrame(message: Uint8Array, maxBytes: number): Buffer {
  if (message.length > maxBytes) {
    throw new ResourceExhaustedError(`trying to send message larger than max (${message.length} vs. ${maxBytes})`)
  }
  const frame = Buffer.allocUnsafe(headerBytes + message.length)
  frame[0] = 0
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, headerBytes)
  return frame
}

/** Cuts a byte stream into frames. An announced length over the limit fails before a byte of it is kept. */
export class FrameParser {
  readonly #maxBytes: number
  #parts: Buffer[] = []
  #partBytes = 0
  /** Bytes that the frame at hand takes, header included; the header alone until its length is known. */
  #wanted = headerBytes

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Whether a frame has begun and not ended. */
  get partial(): boolean {
    return this.#partBytes > 0
  }

  /** @throws {ResourceExhaustedError} a message is over the limit @throws {InternalError} the header is broken */
  push(chunk: Buffer, frames: Frame[]): void {
    let bytes = chunk
    if (this.#partBytes > 0) {
      this.#parts.push(chunk)
      this.#partBytes += chunk.length
      if (this.#partBytes < this.#wanted) return
      bytes = Buffer.concat(this.#parts, this.#partBytes)
    }
    const rest = bytes.subarray(this.#cut(bytes, frames))
    this.#parts = rest.length > 0 ? [rest] : []
    this.#partBytes = rest.length
  }

  #cut(bytes: Buffer, frames: Frame[]): number {
    let at = 0
    for (;;) {
      this.#wanted = headerBytes
      if (bytes.length - at < headerBytes) return at
      const flags = bytes[at] ?? 0
      if (flags > 1) throw new InternalError(`protocol error: frame flags ${flags} are not known`)
      const length = bytes.readUInt32BE(at + 1)
      if (length > this.#maxBytes) {
        throw new ResourceExhaustedError(`received message larger than max (${length} vs. ${this.#maxBytes})`)
      }
      this.#wanted = headerBytes + length
      if (bytes.length - at < this.#wanted) return at
      frames.push({ compressed: flags === 1, data: bytes.subarray(at + headerBytes, at + this.#wanted) })
      at += this.#wanted
    }
  }
}
