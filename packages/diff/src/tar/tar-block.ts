// SPDX-License-Identifier: Apache-2.0
import { invalidHeader } from './tar-error.ts'
import type { ByteString } from './tar-entry.ts'

export const blockBytes = 512

/** Bytes that fill the last block of `size` bytes. */
export const paddingOf = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes

/** Where fields lie in a header block: offset and length. */
export const Field = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  userName: [265, 32],
  groupName: [297, 32],
  major: [329, 8],
  minor: [337, 8],
  prefix: [345, 155],
  starPrefix: [345, 131],
  starAtime: [476, 12],
  starTrailer: [508, 4],
  gnuAtime: [345, 12],
  gnuSparse: [386, 96],
  gnuSparseMore: [482, 1],
  gnuRealSize: [483, 12],
} as const satisfies Readonly<Record<string, readonly [number, number]>>

type FieldPlace = readonly [number, number]

/** Text up to the first NUL. */
export function textField(block: Buffer, [offset, length]: FieldPlace): ByteString {
  const nul = block.indexOf(0, offset)
  return block.toString('latin1', offset, nul < 0 ? offset + length : Math.min(nul, offset + length))
}

/** A number in octal digits, or in base 256 where the top bit of the field is set. */
export function numberField(block: Buffer, place: FieldPlace, what: string): number {
  const value = (block[place[0]] as number) >= 0x80 ? base256(block, place, what) : octal(block, place, what)
  if (!Number.isSafeInteger(value)) throw invalidHeader(`${what} is out of range`)
  return value
}

function octal(block: Buffer, [offset, length]: FieldPlace, what: string): number {
  const text = block.toString('latin1', offset, offset + length).replace(/^[ \0]+|[ \0]+$/g, '')
  const digits = text.split('\0', 1)[0] ?? ''
  if (digits === '') return 0
  if (!/^[0-7]+$/.test(digits)) throw invalidHeader(`${what} is no number`)
  return Number.parseInt(digits, 8)
}

function base256(block: Buffer, [offset, length]: FieldPlace, what: string): number {
  const first = block[offset] as number
  const negative = (first & 0x40) !== 0
  let value = BigInt(first & 0x7f)
  if (negative) value -= 0x80n
  for (let i = 1; i < length; i++) value = (value << 8n) | BigInt(block[offset + i] as number)
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw invalidHeader(`${what} is out of range`)
  return number
}

/** Sum of a header's bytes with the checksum field taken as blanks, as unsigned and as signed bytes. */
export function checksums(block: Buffer): { readonly unsigned: number; readonly signed: number } {
  let unsigned = 0
  let signed = 0
  for (let i = 0; i < blockBytes; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : (block[i] as number)
    unsigned += byte
    signed += byte < 0x80 ? byte : byte - 0x100
  }
  return { unsigned, signed }
}

export type TarFormat = 'v7' | 'ustar' | 'star' | 'gnu'

/** @throws {InvalidArgumentError} the checksum is wrong */
export function checkBlock(block: Buffer): TarFormat {
  const stored = octal(block, Field.checksum, 'checksum')
  const { unsigned, signed } = checksums(block)
  if (stored !== unsigned && stored !== signed) throw invalidHeader('checksum')
  const magic = block.toString('latin1', 257, 265)
  if (magic === 'ustar  \0') return 'gnu'
  if (!magic.startsWith('ustar\0')) return 'v7'
  return block.toString('latin1', 508, 512) === 'tar\0' ? 'star' : 'ustar'
}
