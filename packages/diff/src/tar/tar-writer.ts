// SPDX-License-Identifier: Apache-2.0
import { blockBytes, checksums, Field, paddingOf } from './tar-block.ts'
import { formatPaxRecord } from './pax-records.ts'
import { isAscii, type ByteString, type TarEntryType } from './tar-entry.ts'

/** A member to write. Times are whole seconds; what has no place in a plain header goes into a PAX one. */
export interface NewTarEntry {
  readonly type: TarEntryType
  /** Ends in `/` for a directory. */
  readonly name: ByteString
  readonly linkName?: ByteString | undefined
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes?: number | undefined
  readonly mtimeSeconds: number
  readonly major?: number | undefined
  readonly minor?: number | undefined
  readonly xattrs?: readonly (readonly [name: ByteString, value: Buffer])[] | undefined
}

const flags: Readonly<Record<TarEntryType, string>> = {
  file: '0',
  link: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
}

/** Two zero blocks. */
export const tarEnd: Buffer = Buffer.alloc(2 * blockBytes)

/** The zeros that fill up the last block of a content of `size` bytes. */
export const tarPadding = (size: number): Buffer => tarEnd.subarray(0, paddingOf(size))

/**
 * Header blocks of an entry; its content and `tarPadding` follow. The same entry always gives the same bytes:
 * a ustar header, before it a PAX one only where something does not fit.
 */
export function formatTarHeader(entry: NewTarEntry): Buffer {
  const records = paxRecords(entry)
  const main = formatBlock(entry)
  if (records.length === 0) return main
  const body = Buffer.from(records.map(([key, value]) => formatPaxRecord(key, value)).join(''), 'latin1')
  return Buffer.concat([formatPaxBlock(entry.name, body.length), body, tarPadding(body.length), main])
}

function paxRecords(entry: NewTarEntry): readonly (readonly [ByteString, ByteString])[] {
  const records: (readonly [ByteString, ByteString])[] = []
  const text = (key: string, value: ByteString, length: number): void => {
    if (value.length > length || !isAscii(value)) records.push([key, value])
  }
  const number = (key: string, value: number, digits: number): void => {
    if (value < 0 || value >= 8 ** digits) records.push([key, String(value)])
  }
  text('path', entry.name, Field.name[1])
  text('linkpath', entry.linkName ?? '', Field.linkName[1])
  number('uid', entry.uid, 7)
  number('gid', entry.gid, 7)
  number('size', entry.sizeBytes ?? 0, 11)
  number('mtime', entry.mtimeSeconds, 11)
  for (const [name, value] of entry.xattrs ?? []) records.push([`SCHILY.xattr.${name}`, value.toString('latin1')])
  return records.sort(([a], [b]) => (a < b ? -1 : 1))
}

function formatBlock(entry: NewTarEntry): Buffer {
  const block = Buffer.alloc(blockBytes)
  putText(block, Field.name, toAscii(entry.name))
  putOctal(block, Field.mode, entry.mode)
  putOctal(block, Field.uid, entry.uid)
  putOctal(block, Field.gid, entry.gid)
  putOctal(block, Field.size, entry.sizeBytes ?? 0)
  putOctal(block, Field.mtime, entry.mtimeSeconds)
  putText(block, Field.linkName, toAscii(entry.linkName ?? ''))
  putOctal(block, Field.major, entry.major ?? 0)
  putOctal(block, Field.minor, entry.minor ?? 0)
  return seal(block, flags[entry.type])
}

/** Named after its entry, in a folder of its own, as other writers do. */
function formatPaxBlock(name: ByteString, size: number): Buffer {
  const path = name.replace(/\/+$/, '')
  const cut = path.lastIndexOf('/') + 1
  const block = Buffer.alloc(blockBytes)
  const shown = toAscii(`${path.slice(0, cut)}PaxHeaders.0/${path.slice(cut)}`).slice(0, Field.name[1])
  putText(block, Field.name, shown.replace(/\/+$/, ''))
  for (const place of [Field.mode, Field.uid, Field.gid, Field.mtime]) putOctal(block, place, 0)
  putOctal(block, Field.size, size)
  return seal(block, 'x')
}

function seal(block: Buffer, flag: string): Buffer {
  block.write(flag, Field.type[0], 'latin1')
  block.write('ustar\u000000', Field.magic[0], 'latin1')
  const sum = checksums(block).unsigned
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, Field.checksum[0], 'latin1')
  return block
}

function putText(block: Buffer, [offset, length]: readonly [number, number], text: ByteString): void {
  block.write(text.slice(0, length), offset, length, 'latin1')
}

/** Digits that do not fit are zeros: the PAX header holds the number. */
function putOctal(block: Buffer, [offset, length]: readonly [number, number], value: number): void {
  const fits = value >= 0 && value < 8 ** (length - 1)
  block.write((fits ? value : 0).toString(8).padStart(length - 1, '0'), offset, 'latin1')
}

const toAscii = (text: ByteString): ByteString => (isAscii(text) ? text : text.replace(/[^\0-\x7f]/g, ''))
