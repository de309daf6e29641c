// SPDX-License-Identifier: Apache-2.0
import { createCipheriv, createHash, type Cipheriv } from 'node:crypto'

const poolBytes = 1 << 20

/** Numbers and bytes that look random and are the same for the same seed, on every machine. */
export class Dice {
  readonly #stream: Cipheriv
  readonly #zeros = Buffer.alloc(poolBytes)
  #pool = Buffer.alloc(0)
  #at = 0

  constructor(seed: string) {
    const hash = createHash('sha256').update(seed).digest()
    this.#stream = createCipheriv('aes-128-ctr', hash.subarray(0, 16), hash.subarray(16))
  }

  /** Valid until the next throw. */
  bytes(count: number): Buffer {
    if (this.#at + count > this.#pool.length) {
      this.#pool = this.#stream.update(this.#zeros)
      this.#at = 0
    }
    this.#at += count
    return this.#pool.subarray(this.#at - count, this.#at)
  }

  /** From 0 to below 1. */
  fraction(): number {
    return this.bytes(4).readUInt32LE() / 2 ** 32
  }

  below(limit: number): number {
    return Math.floor(this.fraction() * limit)
  }

  /** Normally distributed around 0, with a deviation of 1. */
  gauss(): number {
    return Math.sqrt(-2 * Math.log(1 - this.fraction())) * Math.cos(2 * Math.PI * this.fraction())
  }
}
