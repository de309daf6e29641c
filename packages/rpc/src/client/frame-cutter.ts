// SPDX-License-Identifier: Apache-2.0

/** RFC 9113, section 6. */
export const FrameType = { data: 0, headers: 1, rstStream: 3, settings: 4, windowUpdate: 8 } as const

export interface Piece {
  /** Nothing where the bytes go on with the payload of the frame before. */
  readonly frame?: FrameHead
  /** A settings frame is whole; of others there is what has come. */
  readonly bytes: Buffer
}

export interface FrameHead {
  readonly type: number
  readonly flags: number
  readonly streamId: number
}

export const frameHeadBytes = 9
const nothing = Buffer.alloc(0)

/** Cuts one direction of an HTTP/2 connection into frames, without copying what it passes on. */
export class FrameCutter {
  #skipBytes: number
  #begun: Buffer = nothing

  /** @param prefaceBytes that come before the first frame */
  constructor(prefaceBytes = 0) {
    this.#skipBytes = prefaceBytes
  }

  /** Whether all bytes so far make whole frames. */
  get atBoundary(): boolean {
    return this.#skipBytes === 0
  }

  *cut(chunk: Buffer): Generator<Piece> {
    const bytes = this.#begun.length === 0 ? chunk : Buffer.concat([this.#begun, chunk])
    this.#begun = nothing
    let at = Math.min(this.#skipBytes, bytes.length)
    this.#skipBytes -= at
    if (at > 0) yield { bytes: bytes.subarray(0, at) }
    while (at < bytes.length) {
      const frame = bytes.length - at < frameHeadBytes ? undefined : headAt(bytes, at)
      const end = at + frameHeadBytes + (frame === undefined ? 0 : bytes.readUIntBE(at, 3))
      if (frame === undefined || (frame.type === FrameType.settings && end > bytes.length)) {
        this.#begun = bytes.subarray(at)
        return
      }
      this.#skipBytes = Math.max(0, end - bytes.length)
      yield { frame, bytes: bytes.subarray(at, end) }
      at = end
    }
  }
}

const headAt = (bytes: Buffer, at: number): FrameHead => ({
  type: bytes.readUInt8(at + 3),
  flags: bytes.readUInt8(at + 4),
  streamId: bytes.readUInt32BE(at + 5) & 0x7fffffff,
})

/** A frame of RFC 9113, section 4.1, on stream 0 unless told. */
export function encodeHttp2Frame(type: number, payload: Buffer, streamId = 0): Buffer {
  const head = Buffer.alloc(frameHeadBytes)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, payload])
}
