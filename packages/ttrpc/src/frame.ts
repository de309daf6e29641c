// SPDX-License-Identifier: Apache-2.0

/** Bytes before every body: length, stream id (both big endian), type, flags. */
export const HEADER_BYTES = 10
/** Largest body either side may send. */
export const MAX_MESSAGE_BYTES = 4 << 20

export const FrameType = { Request: 1, Response: 2, Data: 3 } as const
export const FrameFlag = { None: 0, RemoteClosed: 1, RemoteOpen: 2, NoData: 4 } as const

/** One frame off the wire. */
export interface Frame {
  readonly streamId: number
  readonly type: number
  readonly flags: number
  /** The body; of an oversized frame, nothing: its bytes are read and dropped. */
  readonly body: Uint8Array
  /** Length the header announced; more than `MAX_MESSAGE_BYTES` means oversized. */
  readonly lengthBytes: number
}

/** Header and body as one buffer, ready to be written. The body's length must be checked by the caller. */
export function encodeFrame(streamId: number, type: number, flags: number, body: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(HEADER_BYTES + body.length)
  out.writeUInt32BE(body.length, 0)
  out.writeUInt32BE(streamId, 4)
  out[8] = type
  out[9] = flags
  out.set(body, HEADER_BYTES)
  return out
}

type DecoderState =
  | { readonly at: 'header'; readonly header: Buffer; filled: number }
  | { readonly at: 'body'; readonly frame: Frame; readonly parts: Uint8Array[]; missingBytes: number }

const EMPTY = new Uint8Array(0)

/**
 * Cuts a byte stream into frames. Holds at most one incomplete frame, and of it only bytes that arrived:
 * a header that announces much allocates nothing.
 */
export class FrameDecoder {
  #state: DecoderState = { at: 'header', header: Buffer.alloc(HEADER_BYTES), filled: 0 }

  /** True when the stream could end here without cutting a frame in two. */
  get atBoundary(): boolean {
    return this.#state.at === 'header' && this.#state.filled === 0
  }

  /** Takes the next bytes and returns the frames they complete. Bodies may share the chunk's memory. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let offset = 0
    while (offset < chunk.length) {
      if (this.#state.at === 'header') offset = this.#takeHeader(chunk, offset)
      if (this.#state.at === 'body') offset = this.#takeBody(chunk, offset, frames)
    }
    return frames
  }

  #takeHeader(chunk: Uint8Array, offset: number): number {
    const state = this.#state as DecoderState & { at: 'header' }
    const take = Math.min(HEADER_BYTES - state.filled, chunk.length - offset)
    state.header.set(chunk.subarray(offset, offset + take), state.filled)
    state.filled += take
    if (state.filled === HEADER_BYTES) {
      const lengthBytes = state.header.readUInt32BE(0)
      const streamId = state.header.readUInt32BE(4)
      const frame = { streamId, type: state.header[8] ?? 0, flags: state.header[9] ?? 0, body: EMPTY, lengthBytes }
      this.#state = { at: 'body', frame, parts: [], missingBytes: lengthBytes }
    }
    return offset + take
  }

  #takeBody(chunk: Uint8Array, offset: number, frames: Frame[]): number {
    const state = this.#state as DecoderState & { at: 'body' }
    const take = Math.min(state.missingBytes, chunk.length - offset)
    const oversized = state.frame.lengthBytes > MAX_MESSAGE_BYTES
    if (take > 0 && !oversized) state.parts.push(chunk.subarray(offset, offset + take))
    state.missingBytes -= take
    if (state.missingBytes === 0) {
      frames.push({ ...state.frame, body: join(state.parts) })
      this.#state = { at: 'header', header: Buffer.alloc(HEADER_BYTES), filled: 0 }
    }
    return offset + take
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length <= 1 ? (parts[0] ?? EMPTY) : Buffer.concat(parts)
}
