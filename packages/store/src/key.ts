// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { InternalError, InvalidArgumentError } from '@containerd-ts/errdefs'

/** One component of a key. Numbers are unsigned integers up to 2^53 - 1 and sort before strings. */
export type KeyPart = string | number

/** A nested key. Keys sort by their parts, strings bytewise in UTF-8, a prefix before what it is a prefix of. */
export type Key = readonly KeyPart[]

/** LMDB ends keys here (page size 4096). */
const maxKeyBytes = 1978
/** Bytes of a string that are kept in the key; the rest of a longer one is represented by a hash. */
const maxPlainBytes = 448

const tagNumber = 0x01
const tagString = 0x02
// Inside a string: 00 FF is a NUL, 00 01 starts the hash of a longer string, 00 00 ends it.
const escapedNul = 0xff
const hashFollows = 0x01
const end = 0x00
/** Sorts after every part. */
const afterParts = Buffer.of(0xff)

/** Where keys are put together. Every read and write makes one. */
const scratch = Buffer.alloc(maxKeyBytes)

/**
 * Encodes parts after an already encoded prefix.
 * @throws {InvalidArgumentError} the whole is longer than LMDB takes, or a number is no unsigned integer
 */
export function encodeKey(prefix: Buffer, parts: Key): Buffer {
  let at = prefix.copy(scratch)
  for (const part of parts) {
    if (typeof part === 'string' && isPlain(part) && at + maxBytesOf(part) <= maxKeyBytes) {
      scratch[at++] = tagString
      at += scratch.write(part, at)
      scratch[at++] = end
      scratch[at++] = end
    } else {
      const chunk = typeof part === 'number' ? encodeNumber(part) : encodeString(part)
      chunk.copy(scratch, at) // what does not fit is cut off
      at += chunk.length
    }
  }
  if (at > maxKeyBytes) throw new InvalidArgumentError(`key of ${at} bytes is too long`)
  const key = Buffer.allocUnsafe(at)
  scratch.copy(key, 0, 0, at)
  return key
}

/** Whether a string lies in the key as it is, which most do: neither shortened nor escaped. */
const isPlain = (part: string): boolean => part.length * 3 <= maxPlainBytes && !part.includes('\0')

/** Room that a plain string takes at most, with its tag and its end. */
const maxBytesOf = (part: string): number => part.length * 3 + 3

/** The range of all keys below a prefix, optionally only those after `after` and what lies below it. */
export function rangeBelow(prefix: Buffer, after: Key | undefined): { readonly start: Buffer; readonly end: Buffer } {
  const start = after === undefined ? prefix : Buffer.concat([encodeKey(prefix, after), afterParts])
  return { start, end: Buffer.concat([prefix, afterParts]) }
}

/** Whether some part was too long to be kept in the key; such a key cannot be decoded. */
export const isShortened = (parts: Key): boolean =>
  parts.some(
    (part) => typeof part === 'string' && part.length * 3 > maxPlainBytes && Buffer.byteLength(part) > maxPlainBytes,
  )

/** Decodes the parts from `offset` on; `undefined` when one of them is shortened. */
export function decodeKey(bytes: Buffer, offset: number): KeyPart[] | undefined {
  const parts: KeyPart[] = []
  let at = offset
  while (at < bytes.length) {
    const tag = bytes[at]
    if (tag === tagNumber) {
      parts.push(Number(bytes.readBigUInt64BE(at + 1)))
      at += 9
    } else if (tag === tagString) {
      const text = decodeString(bytes, at + 1)
      if (text === undefined) return undefined
      parts.push(text.value)
      at = text.next
    } else {
      throw new InternalError(`corrupt key: unknown tag ${tag}`)
    }
  }
  return parts
}

function encodeNumber(value: number): Buffer {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError(`key part ${value} is no unsigned integer`)
  const bytes = Buffer.alloc(9)
  bytes[0] = tagNumber
  bytes.writeBigUInt64BE(BigInt(value), 1)
  return bytes
}

function encodeString(value: string): Buffer {
  const raw = Buffer.from(value)
  if (raw.length <= maxPlainBytes) return Buffer.from([tagString, ...escape(raw), end, end])
  const hash = createHash('sha256').update(raw).digest()
  return Buffer.from([
    tagString,
    ...escape(raw.subarray(0, maxPlainBytes)),
    end,
    hashFollows,
    ...escape(hash),
    end,
    end,
  ])
}

function escape(raw: Buffer): Buffer {
  if (!raw.includes(0)) return raw
  return Buffer.from([...raw].flatMap((byte) => (byte === 0 ? [0, escapedNul] : [byte])))
}

function decodeString(bytes: Buffer, start: number): { readonly value: string; readonly next: number } | undefined {
  let nul = bytes.indexOf(0, start)
  if (nul >= 0 && bytes[nul + 1] === end) return { value: bytes.toString('utf8', start, nul), next: nul + 2 }
  const raw: number[] = []
  let at = start
  while (nul >= 0) {
    raw.push(...bytes.subarray(at, nul))
    const mark = bytes[nul + 1]
    if (mark === end) return { value: Buffer.from(raw).toString(), next: nul + 2 }
    if (mark !== escapedNul) return undefined
    raw.push(0)
    at = nul + 2
    nul = bytes.indexOf(0, at)
  }
  throw new InternalError('corrupt key: string without end')
}
