// SPDX-License-Identifier: Apache-2.0
import { encodeHttp2Frame, FrameCutter, frameHeadBytes, FrameType } from './frame-cutter.ts'
import type { FrameHead } from './frame-cutter.ts'

const prefaceBytes = 24
const settingBytes = 6
const initialWindowSize = 4
const defaultWindowBytes = 65_535
const endStream = 1
const ack = 1

/**
 * Says a server's later growth of `SETTINGS_INITIAL_WINDOW_SIZE` in window updates.
 *
 * Such growth is credit for the streams that are open (RFC 9113, section 6.9.2), and Go's server counts on it: it grows
 * windows so while it learns how fast a connection is. Bun 1.4 puts the new size in the place of the credit that a
 * stream has, and then never sends what it still has to (oven-sh/bun#41329). So it sees no growth: it gets updates
 * instead, for open streams at once and for later ones when they open. A decrease is passed on as it is.
 */
export class WindowGrowth {
  readonly #sent = new FrameCutter(prefaceBytes)
  readonly #received = new FrameCutter()
  readonly #open = new Set<number>()
  /** What the reader believes that streams begin with; nothing before the first settings. */
  #believedBytes: number | undefined
  #windowBytes = defaultWindowBytes
  #owed: Buffer[] = []

  /** Takes note of what goes to the server; gives what the reader is to get right now. */
  sent(chunk: Buffer): Buffer[] {
    for (const { frame } of this.#sent.cut(chunk)) if (frame !== undefined) this.#noteSent(frame)
    return this.#received.atBoundary ? this.#takeOwed() : []
  }

  /** What the reader gets of what came from the server. */
  *received(chunk: Buffer): Generator<Buffer> {
    for (const { frame, bytes } of this.#received.cut(chunk)) {
      if (frame !== undefined) yield* this.#takeOwed()
      if (frame?.type === FrameType.settings && (frame.flags & ack) === 0) yield this.#settings(bytes)
      else yield bytes
      if (frame !== undefined && endsStream(frame)) this.#open.delete(frame.streamId)
    }
    if (this.#received.atBoundary) yield* this.#takeOwed()
  }

  #noteSent({ type, streamId }: FrameHead): void {
    if (type === FrameType.rstStream) this.#open.delete(streamId)
    if (type !== FrameType.headers || this.#open.has(streamId)) return
    this.#open.add(streamId)
    this.#owe(streamId, this.#windowBytes - (this.#believedBytes ?? this.#windowBytes))
  }

  #settings(frame: Buffer): Buffer {
    const others: Buffer[] = []
    let bytes = this.#windowBytes
    for (let at = frameHeadBytes; at + settingBytes <= frame.length; at += settingBytes) {
      if (frame.readUInt16BE(at) === initialWindowSize) bytes = frame.readUInt32BE(at + 2)
      else others.push(frame.subarray(at, at + settingBytes))
    }
    const grownBytes = bytes - this.#windowBytes
    this.#windowBytes = bytes
    if (this.#believedBytes === undefined || grownBytes < 0) this.#believedBytes = bytes
    else if (grownBytes > 0) {
      for (const streamId of this.#open) this.#owe(streamId, grownBytes)
      return encodeHttp2Frame(FrameType.settings, Buffer.concat(others))
    }
    return frame
  }

  #owe(streamId: number, bytes: number): void {
    if (bytes <= 0) return
    const increment = Buffer.alloc(4)
    increment.writeUInt32BE(bytes)
    this.#owed.push(encodeHttp2Frame(FrameType.windowUpdate, increment, streamId))
  }

  #takeOwed(): Buffer[] {
    const owed = this.#owed
    if (owed.length > 0) this.#owed = []
    return owed
  }
}

const endsStream = ({ type, flags }: FrameHead): boolean =>
  type === FrameType.rstStream || ((type === FrameType.data || type === FrameType.headers) && (flags & endStream) !== 0)
