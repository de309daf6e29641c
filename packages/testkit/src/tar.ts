// SPDX-License-Identifier: Apache-2.0

/** One entry of an archive made for a test. Names go in as given, so hostile ones can be made too. */
export interface TarEntry {
  readonly name: string
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'fifo' | 'char' | 'block'
  readonly data?: string | Uint8Array
  /** Target of a symlink or hard link. */
  readonly target?: string
  /** Permission bits; 0755 for directories, 0644 for the rest when absent. */
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  /** Seconds since 1970; 0 when absent, so that the same entries give the same bytes. */
  readonly mtime?: number
  readonly device?: { readonly major: number; readonly minor: number }
  /** Records of a PAX header before the entry: `SCHILY.xattr.user.x`, `path`. */
  readonly pax?: Readonly<Record<string, string | Uint8Array>>
}

const blockBytes = 512
const typeFlags = { file: '0', link: '1', symlink: '2', char: '3', block: '4', directory: '5', fifo: '6' } as const

/** The bytes of an uncompressed POSIX archive with these entries, closed by two empty blocks. */
export function tarBytes(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(entryBlocks), Buffer.alloc(2 * blockBytes)])
}

function entryBlocks(entry: TarEntry): Buffer[] {
  const data = Buffer.from(entry.data ?? '')
  const pax: Record<string, string | Uint8Array> = { ...entry.pax }
  const { name, prefix, fits } = splitName(entry.name)
  if (!fits) pax['path'] ??= entry.name
  if (Buffer.byteLength(entry.target ?? '') > 100) pax['linkpath'] ??= entry.target ?? ''
  const header = headerBlock(entry, typeFlags[entry.type ?? 'file'], name, prefix, data.length)
  return [...paxBlocks(pax), header, data, padding(data.length)]
}

function paxBlocks(records: Readonly<Record<string, string | Uint8Array>>): Buffer[] {
  const body = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, Buffer.from(value))))
  if (body.length === 0) return []
  return [headerBlock({ name: 'pax' }, 'x', 'PaxHeaders/pax', '', body.length), body, padding(body.length)]
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')])
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

function headerBlock(entry: TarEntry, flag: string, name: string, prefix: string, sizeBytes: number): Buffer {
  const header = Buffer.alloc(blockBytes)
  const text = (value: string, offset: number, length: number) => header.write(value, offset, length, 'utf8')
  const octal = (value: number, offset: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, length, 'latin1')
  text(name, 0, 100)
  octal(entry.mode ?? (flag === '5' ? 0o755 : 0o644), 100, 8)
  octal(entry.uid ?? 0, 108, 8)
  octal(entry.gid ?? 0, 116, 8)
  octal(sizeBytes, 124, 12)
  octal(entry.mtime ?? 0, 136, 12)
  text(flag, 156, 1)
  text(entry.target ?? '', 157, 100)
  text('ustar\u000000', 257, 8)
  octal(entry.device?.major ?? 0, 329, 8)
  octal(entry.device?.minor ?? 0, 337, 8)
  text(prefix, 345, 155)
  // The sum is taken with its own field full of spaces.
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1')
  return header
}

function splitName(full: string): { name: string; prefix: string; fits: boolean } {
  if (Buffer.byteLength(full) <= 100) return { name: full, prefix: '', fits: true }
  for (let at = full.indexOf('/'); at > 0; at = full.indexOf('/', at + 1)) {
    const [prefix, name] = [full.slice(0, at), full.slice(at + 1)]
    if (name !== '' && Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) {
      return { name, prefix, fits: true }
    }
  }
  return { name: Buffer.from(full).subarray(0, 100).toString('latin1'), prefix: '', fits: false }
}

const padding = (length: number): Buffer => Buffer.alloc((blockBytes - (length % blockBytes)) % blockBytes)
