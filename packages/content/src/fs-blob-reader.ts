// SPDX-License-Identifier: Apache-2.0
import { open, type FileHandle } from 'node:fs/promises'
import type { BlobReader, Digest } from '@containerd-ts/core'
import { errnoOf, NotFoundError } from '@containerd-ts/errdefs'

/** Reads a blob through one open file: a delete meanwhile does not matter. */
export class FsBlobReader implements BlobReader {
  readonly sizeBytes: number
  readonly path: string
  readonly #file: FileHandle
  #closed = false

  private constructor(path: string, file: FileHandle, sizeBytes: number) {
    this.path = path
    this.#file = file
    this.sizeBytes = sizeBytes
  }

  /** @throws {NotFoundError} no such blob */
  static async open(path: string, digest: Digest): Promise<FsBlobReader> {
    let file: FileHandle
    try {
      file = await open(path, 'r')
    } catch (cause) {
      if (errnoOf(cause) === 'ENOENT') throw NotFoundError.of('blob', digest, { cause })
      throw cause
    }
    try {
      return new FsBlobReader(path, file, (await file.stat()).size)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.sizeBytes - offset))
    const buffer = Buffer.allocUnsafeSlow(wanted)
    let filled = 0
    while (filled < wanted) {
      const { bytesRead } = await this.#file.read(buffer, filled, wanted - filled, offset + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return filled === wanted ? buffer : buffer.subarray(0, filled)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#file.close()
  }
}
