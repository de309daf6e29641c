// SPDX-License-Identifier: Apache-2.0
import { DataLossError } from '@containerd-ts/errdefs'

/** A piece of a frame; `last` closes the frame. Skippable frames are not passed on. */
export interface FramePiece {
  readonly bytes: Buffer
  readonly last: boolean
}

const frameMagic = 0xfd2fb528
const dictionaryIdBytes = [0, 1, 2, 4]
const contentSizeBytes = [0, 2, 4, 8]
const damaged = (): DataLossError => new DataLossError('compressed layer is damaged: zstd frame')

/**
 * Finds where the frames of a zstd stream end, without decoding: a stream may be many frames, and the decoder at hand
 * reads one. See RFC 8878, section 3.
 */
export class ZstdFrameSplitter {
  /** What the next bytes are: `want` of them are gathered for `then`, or `pass` go by. */
  #want = 4
  #then: (field: Buffer) => void = (field) => this.#onMagic(field)
  #held: Buffer = Buffer.alloc(0)
  #pass = 0
  #emit = false
  #afterPass: () => void = () => {}
  #inFrame = false
  #checksum = false
  #lastBlock = false
  #out: FramePiece[] = []

  push(chunk: Buffer): readonly FramePiece[] {
    this.#out = []
    for (let at = 0; at < chunk.length;) {
      if (this.#pass > 0) {
        const piece = chunk.subarray(at, at + this.#pass)
        at += piece.length
        this.#pass -= piece.length
        if (this.#emit) this.#out.push({ bytes: piece, last: false })
        if (this.#pass === 0) this.#afterPass()
      } else {
        const missing = this.#want - this.#held.length
        this.#held = Buffer.concat([this.#held, chunk.subarray(at, at + missing)])
        at += Math.min(missing, chunk.length - at)
        if (this.#held.length < this.#want) break
        const field = this.#held
        this.#held = Buffer.alloc(0)
        this.#then(field)
      }
    }
    return this.#out
  }

  /** @throws {DataLossError} the stream ended inside a frame */
  end(): void {
    if (this.#inFrame || this.#held.length > 0 || this.#pass > 0) throw damaged()
  }

  #onMagic(field: Buffer): void {
    const magic = field.readUInt32LE(0)
    this.#inFrame = true
    if (magic === frameMagic) {
      this.#out.push({ bytes: field, last: false })
      this.#gather(1, (descriptor) => this.#onDescriptor(descriptor))
    } else if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) {
      this.#gather(4, (size) => this.#goBy(size.readUInt32LE(0), false, () => this.#nextFrame()))
    } else throw damaged()
  }

  #onDescriptor(descriptor: Buffer): void {
    const bits = descriptor[0] as number
    const single = (bits & 0x20) !== 0
    const sizeFlag = bits >> 6
    const sizeBytes = sizeFlag === 0 && single ? 1 : (contentSizeBytes[sizeFlag] as number)
    this.#checksum = (bits & 0x04) !== 0
    this.#out.push({ bytes: descriptor, last: false })
    this.#goBy((single ? 0 : 1) + (dictionaryIdBytes[bits & 0x03] as number) + sizeBytes, true, () => this.#nextBlock())
  }

  #nextBlock(): void {
    this.#gather(3, (header) => {
      const bits = header.readUIntLE(0, 3)
      const type = (bits >> 1) & 0x03
      if (type === 3) throw damaged()
      this.#lastBlock = (bits & 1) !== 0
      this.#out.push({ bytes: header, last: false })
      this.#goBy(type === 1 ? 1 : bits >> 3, true, () => this.#blockEnded())
    })
  }

  #blockEnded(): void {
    if (!this.#lastBlock) this.#nextBlock()
    else if (this.#checksum) this.#goBy(4, true, () => this.#frameEnded())
    else this.#frameEnded()
  }

  #frameEnded(): void {
    this.#out.push({ bytes: Buffer.alloc(0), last: true })
    this.#nextFrame()
  }

  #nextFrame(): void {
    this.#inFrame = false
    this.#gather(4, (field) => this.#onMagic(field))
  }

  #gather(bytes: number, then: (field: Buffer) => void): void {
    this.#want = bytes
    this.#then = then
  }

  #goBy(bytes: number, emit: boolean, then: () => void): void {
    if (bytes === 0) return then()
    this.#pass = bytes
    this.#emit = emit
    this.#afterPass = then
  }
}
