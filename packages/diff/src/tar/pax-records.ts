// SPDX-License-Identifier: Apache-2.0
import type { ByteString } from './tar-entry.ts'
import { invalidHeader } from './tar-error.ts'

/** Records of a PAX header; an empty value means that the key is unset. */
export type PaxRecords = ReadonlyMap<ByteString, ByteString>

const sparseOffset = 'GNU.sparse.offset'
const sparseLength = 'GNU.sparse.numbytes'
export const sparseMapKey = 'GNU.sparse.map'

/**
 * Parses `length key=value\n` records. The repeated offsets and lengths of sparse format 0.0 become one map.
 * @throws {InvalidArgumentError} a length that does not fit, or NUL where a name may have none
 */
export function parsePaxRecords(text: ByteString): PaxRecords {
  const records = new Map<ByteString, ByteString>()
  const sparse: string[] = []
  for (let at = 0; at < text.length;) {
    const blank = text.indexOf(' ', at)
    const digits = blank < 0 ? '' : text.slice(at, blank)
    const end = at + Number(digits)
    if (!/^[0-9]{1,9}$/.test(digits) || end > text.length || end <= blank + 1 || text[end - 1] !== '\n') {
      throw invalidHeader('pax record length')
    }
    const record = text.slice(blank + 1, end - 1)
    const equals = record.indexOf('=')
    if (equals <= 0) throw invalidHeader('pax record without key')
    addRecord(records, sparse, record.slice(0, equals), record.slice(equals + 1))
    at = end
  }
  if (sparse.length > 0) records.set(sparseMapKey, sparse.join(','))
  return records
}

function addRecord(records: Map<ByteString, ByteString>, sparse: string[], key: ByteString, value: ByteString): void {
  const isName = key === 'path' || key === 'linkpath' || key === 'uname' || key === 'gname'
  if ((isName ? value : key).includes('\0')) throw invalidHeader(`pax record ${JSON.stringify(key)} holds NUL`)
  if (key !== sparseOffset && key !== sparseLength) {
    records.set(key, value)
    return
  }
  const isOffset = sparse.length % 2 === 0
  if (isOffset !== (key === sparseOffset) || value.includes(',')) throw invalidHeader('pax sparse records out of order')
  sparse.push(value)
}

/** Seconds with a decimal fraction to nanoseconds; digits beyond the ninth are dropped. */
export function parsePaxTime(text: ByteString): bigint {
  const match = /^(-?)(\d{1,19})(?:\.(\d*))?$/.exec(text)
  if (match === null) throw invalidHeader(`pax time ${JSON.stringify(text)}`)
  const [, sign, seconds = '0', fraction = ''] = match
  const ns = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
  return sign === '-' ? -ns : ns
}

export function parsePaxInteger(text: ByteString, what: string): number {
  const value = Number(text)
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) throw invalidHeader(`pax ${what} is no number`)
  return value
}

/** One record, its length counting itself. Keys and values are bytes. */
export function formatPaxRecord(key: ByteString, value: ByteString): ByteString {
  const rest = key.length + value.length + 3 // blank, equals sign, newline
  let length = rest + String(rest).length
  if (String(length).length !== String(rest).length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}
