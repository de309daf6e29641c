// SPDX-License-Identifier: Apache-2.0
import { parsePaxInteger, parsePaxTime, sparseMapKey, type PaxRecords } from './pax-records.ts'
import { gnuHeaderRuns, paxSparseRuns, type SparseRun } from './sparse-map.ts'
import { Field, numberField, textField, type TarFormat } from './tar-block.ts'
import type { ByteString, TarEntry, TarEntryType } from './tar-entry.ts'
import { invalidHeader } from './tar-error.ts'

const xattrPrefix = 'SCHILY.xattr.'
const maxId = 0xfffffffe

const types: Readonly<Record<string, TarEntryType>> = {
  '\0': 'file',
  '0': 'file',
  S: 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
}

/** What went before a header and belongs to its entry. */
export interface Extensions {
  readonly pax: PaxRecords
  readonly longName: ByteString | undefined
  readonly longLink: ByteString | undefined
}

/** A header block understood. */
export interface ParsedHeader {
  readonly entry: TarEntry
  /** Bytes of data behind the header, padding excluded. */
  readonly storedBytes: number
  readonly sparse:
    | undefined
    /** Runs of the header; `more` when extension blocks follow. */
    | { readonly kind: 'known'; readonly runs: readonly SparseRun[]; readonly more: boolean }
    /** The map leads the data. */
    | { readonly kind: 'leading' }
}

/** @throws {InvalidArgumentError} a type or number that makes no sense */
export function parseHeader(block: Buffer, format: TarFormat, extensions: Extensions): ParsedHeader {
  const { pax } = extensions
  const flag = textFlag(block)
  const name = nonEmpty(pax.get('path')) ?? headerName(block, format)
  const fullName = extensions.longName ?? name
  const type = flag === '\0' && fullName.endsWith('/') ? 'directory' : types[flag]
  if (type === undefined) throw invalidHeader(`unhandled type ${JSON.stringify(flag)} of ${JSON.stringify(fullName)}`)
  const size = integer(pax, 'size') ?? numberField(block, Field.size, 'size')
  if (size < 0) throw invalidHeader('size is negative')
  const sparse = type === 'file' ? sparseOf(block, format, flag, pax) : undefined
  const storedBytes = type === 'file' ? size : 0
  const hasDevice = format !== 'v7' && (type === 'character' || type === 'block')
  const entry: TarEntry = {
    type,
    name: sparse?.name ?? fullName,
    linkName: extensions.longLink ?? nonEmpty(pax.get('linkpath')) ?? textField(block, Field.linkName),
    mode: numberField(block, Field.mode, 'mode') & 0o7777,
    uid: id(integer(pax, 'uid') ?? numberField(block, Field.uid, 'uid'), 'uid'),
    gid: id(integer(pax, 'gid') ?? numberField(block, Field.gid, 'gid'), 'gid'),
    sizeBytes: sparse?.sizeBytes ?? storedBytes,
    mtimeNs: time(pax, 'mtime') ?? BigInt(numberField(block, Field.mtime, 'mtime')) * 1_000_000_000n,
    atimeNs: time(pax, 'atime') ?? headerAtime(block, format),
    major: hasDevice ? numberField(block, Field.major, 'major') : 0,
    minor: hasDevice ? numberField(block, Field.minor, 'minor') : 0,
    xattrs: xattrsOf(pax),
    sparse: sparse !== undefined,
  }
  return { entry, storedBytes, sparse: sparse?.place }
}

export const textFlag = (block: Buffer): string => block.toString('latin1', Field.type[0], Field.type[0] + 1)

function headerName(block: Buffer, format: TarFormat): ByteString {
  const name = textField(block, Field.name)
  const prefix =
    format === 'ustar' ? textField(block, Field.prefix) : format === 'star' ? textField(block, Field.starPrefix) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

function headerAtime(block: Buffer, format: TarFormat): bigint | undefined {
  const place = format === 'gnu' ? Field.gnuAtime : format === 'star' ? Field.starAtime : undefined
  if (place === undefined || block[place[0]] === 0) return undefined
  return BigInt(numberField(block, place, 'atime')) * 1_000_000_000n
}

interface SparseFacts {
  readonly name: ByteString | undefined
  readonly sizeBytes: number
  readonly place: NonNullable<ParsedHeader['sparse']>
}

function sparseOf(block: Buffer, format: TarFormat, flag: string, pax: PaxRecords): SparseFacts | undefined {
  if (flag === 'S') {
    if (format !== 'gnu') throw invalidHeader('sparse entry in another format')
    const more = block[Field.gnuSparseMore[0]] !== 0
    const sizeBytes = numberField(block, Field.gnuRealSize, 'real size')
    return { name: undefined, sizeBytes, place: { kind: 'known', runs: gnuHeaderRuns(block), more } }
  }
  const version = `${pax.get('GNU.sparse.major') ?? ''}.${pax.get('GNU.sparse.minor') ?? ''}`
  const map = pax.get(sparseMapKey)
  const name = nonEmpty(pax.get('GNU.sparse.name'))
  const sizeBytes = integer(pax, 'GNU.sparse.realsize') ?? integer(pax, 'GNU.sparse.size')
  if (version === '1.0') {
    if (sizeBytes === undefined) throw invalidHeader('sparse entry without size')
    return { name, sizeBytes, place: { kind: 'leading' } }
  }
  if (map === undefined || !['.', '0.0', '0.1'].includes(version)) return undefined
  if (sizeBytes === undefined) throw invalidHeader('sparse entry without size')
  return { name, sizeBytes, place: { kind: 'known', runs: paxSparseRuns(map), more: false } }
}

function xattrsOf(pax: PaxRecords): readonly (readonly [ByteString, Buffer])[] {
  const xattrs: (readonly [ByteString, Buffer])[] = []
  for (const [key, value] of pax) {
    if (key.startsWith(xattrPrefix)) xattrs.push([key.slice(xattrPrefix.length), Buffer.from(value, 'latin1')])
  }
  return xattrs
}

const nonEmpty = (text: ByteString | undefined): ByteString | undefined => (text === '' ? undefined : text)

function integer(pax: PaxRecords, key: string): number | undefined {
  const text = nonEmpty(pax.get(key))
  return text === undefined ? undefined : parsePaxInteger(text, key)
}

function time(pax: PaxRecords, key: string): bigint | undefined {
  const text = nonEmpty(pax.get(key))
  return text === undefined ? undefined : parsePaxTime(text)
}

function id(value: number, what: string): number {
  if (value < 0 || value > maxId) throw invalidHeader(`${what} ${value} is out of range`)
  return value
}
