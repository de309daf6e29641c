// SPDX-License-Identifier: Apache-2.0

/** A member of an archive to build; text is UTF-8 unless given as bytes. */
export interface ArchiveEntry {
  readonly name: string | Buffer
  /** Type flag of a tar header; default `0`, a file, or `5` for a name that ends in a slash. */
  readonly type?: string
  readonly content?: string | Buffer
  readonly link?: string | Buffer
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly mtime?: number
  readonly major?: number
  readonly minor?: number
  /** Records of a PAX header put before it. */
  readonly pax?: Readonly<Record<string, string | Buffer>>
}

const zeros = (size: number): Buffer => Buffer.alloc(size)
const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, zeros((512 - (bytes.length % 512)) % 512)])
const octal = (value: number, length: number): string => value.toString(8).padStart(length - 1, '0')

/** Header block, independent of the implementation under test. */
export function headerBlock(entry: ArchiveEntry, size: number): Buffer {
  const name = Buffer.from(entry.name)
  const block = zeros(512)
  name.copy(block, 0, 0, 100)
  const type = entry.type ?? (name.at(-1) === 0x2f ? '5' : '0')
  block.write(octal(entry.mode ?? (type === '5' ? 0o755 : 0o644), 8), 100)
  block.write(octal(entry.uid ?? 0, 8), 108)
  block.write(octal(entry.gid ?? 0, 8), 116)
  block.write(octal(size, 12), 124)
  block.write(octal(entry.mtime ?? 1_000_000_000, 12), 136)
  block.write(type, 156, 'latin1')
  Buffer.from(entry.link ?? '').copy(block, 157, 0, 100)
  block.write('ustar\u000000', 257, 'latin1')
  block.write(octal(entry.major ?? 0, 8), 329)
  block.write(octal(entry.minor ?? 0, 8), 337)
  block.fill(' ', 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${octal(sum, 7)}\0 `, 148, 'latin1')
  return block
}

function paxHeader(records: Readonly<Record<string, string | Buffer>>): Buffer {
  const body = Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const text = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')])
      let length = text.length + 1
      while (String(length).length + text.length !== length) length++
      return Buffer.concat([Buffer.from(String(length)), text])
    }),
  )
  return Buffer.concat([headerBlock({ name: 'pax', type: 'x' }, body.length), padded(body)])
}

/** A whole archive with its end mark. */
export function archive(entries: readonly ArchiveEntry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const content = Buffer.from(entry.content ?? '')
    const pax = entry.pax === undefined ? [] : [paxHeader(entry.pax)]
    return [...pax, headerBlock(entry, content.length), padded(content)]
  })
  return Buffer.concat([...parts, zeros(1024)])
}
