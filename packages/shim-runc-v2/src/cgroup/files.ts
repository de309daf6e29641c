// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What `max` stands for. */
const unlimited = 2n ** 64n - 1n

/** Text of a cgroup file; empty when it does not exist. */
export function readText(directory: string, file: string): string {
  try {
    return readFileSync(join(directory, file), 'utf8')
  } catch {
    return '' // the controller or this kernel does not have it
  }
}

/** One number; `max` is 2^64-1, a negative or missing one 0. */
export function readNumber(directory: string, file: string): bigint {
  return parseNumber(readText(directory, file).trim())
}

function parseNumber(text: string): bigint {
  if (text === 'max') return unlimited
  return /^\d+$/.test(text) ? BigInt(text) : 0n
}

/** Lines `key value`; asking for a missing key gives 0. */
export class KeyValues {
  readonly #values = new Map<string, string>()

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const at = line.indexOf(' ')
      if (at > 0) this.#values.set(line.slice(0, at), line.slice(at + 1).trim())
    }
  }

  get size(): number {
    return this.#values.size
  }

  get(key: string): bigint {
    return parseNumber(this.#values.get(key) ?? '')
  }
}
