// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
  closeSync,
  ftruncateSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CodedError } from '@containerd-ts/errdefs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TarEntry, TarSink } from './tar-entry.ts'
import { TarReader } from './tar-reader.ts'
import { formatTarHeader, tarEnd, tarPadding } from './tar-writer.ts'

/** Puts files back together. */
class Collector implements TarSink {
  readonly entries: (TarEntry & { content: Buffer })[] = []
  entry(entry: TarEntry): void {
    this.entries.push({ ...entry, content: Buffer.alloc(entry.sizeBytes) })
  }
  data(bytes: Buffer, offset: number): void {
    const { content } = this.entries.at(-1)!
    if (offset + bytes.length > content.length) throw new Error('data past the end')
    bytes.copy(content, offset)
  }
  endEntry(): void {}
}

function read(archive: Buffer, pieceBytes = archive.length): Collector['entries'] {
  const sink = new Collector()
  const reader = new TarReader(sink)
  for (let at = 0; at < archive.length; at += pieceBytes) reader.push(archive.subarray(at, at + pieceBytes))
  reader.end()
  return sink.entries
}

const plain = (name: string, content: string): Buffer => {
  const bytes = Buffer.from(content)
  const header = formatTarHeader({
    type: 'file',
    name,
    mode: 0o644,
    uid: 0,
    gid: 0,
    sizeBytes: bytes.length,
    mtimeSeconds: 5,
  })
  return Buffer.concat([header, bytes, tarPadding(bytes.length)])
}

/** Changes one field of a header block and sets the checksum right. */
function patch(block: Buffer, offset: number, bytes: Buffer | string): Buffer {
  const copy = Buffer.from(block)
  Buffer.from(bytes as string, 'latin1').copy(copy, offset)
  copy.fill(' ', 148, 156)
  copy.write(
    `${copy
      .subarray(0, 512)
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'latin1',
  )
  return copy
}

/** What reading ends in: entries, or a refusal that a caller can act on. */
function outcome(archive: Buffer): unknown {
  try {
    return read(archive, 300).length <= 4 ? 'fine' : 'too many entries'
  } catch (error) {
    return error instanceof CodedError ? 'fine' : error
  }
}

describe('TarReader on what GNU tar writes', () => {
  let root: string
  const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(90)}`

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'tar-'))
    const tree = join(root, 'tree')
    mkdirSync(join(tree, long, '..'), { recursive: true })
    writeFileSync(join(tree, 'file'), 'content', { mode: 0o640 })
    utimesSync(join(tree, 'file'), 1_500_000_000.25, 1_500_000_000.25)
    writeFileSync(join(tree, 'big'), Buffer.alloc(200_000, 'big'))
    symlinkSync('file', join(tree, 'link'))
    const holes = openSync(join(tree, 'holes'), 'w')
    for (let i = 0; i < 40; i++) writeSync(holes, Buffer.alloc(4096, 65 + i), 0, 4096, i * 65_536 + 8192)
    ftruncateSync(holes, 4_000_000)
    closeSync(holes)
  })
  afterAll(() => rmSync(root, { recursive: true }))

  const tar = (...args: string[]): Buffer =>
    execFileSync('tar', ['-C', join(root, 'tree'), '--sort=name', ...args], { maxBuffer: 1 << 26 })

  it.each([
    ['v7', ['--format=v7'], false],
    ['ustar', ['--format=ustar'], false],
    ['gnu', ['--format=gnu'], true],
    ['posix', ['--format=posix'], true],
  ])('reads format %s in pieces of any size', (_, args, longNames) => {
    const names = ['file', 'big', 'link', ...(longNames ? [long.split('/')[0]!] : [])]
    if (longNames) writeFileSync(join(root, 'tree', long), 'deep')
    const archive = tar(...args, '-cf', '-', ...names)
    const entries = read(archive)
    const file = entries.find(({ name }) => name === 'file')
    const stat = lstatSync(join(root, 'tree', 'file'))
    expect(file).toMatchObject({
      type: 'file',
      mode: 0o640,
      uid: stat.uid,
      gid: stat.gid,
      content: Buffer.from('content'),
    })
    expect(file?.mtimeNs).toBe(
      args.includes('--format=posix') ? 1_500_000_000_250_000_000n : 1_500_000_000_000_000_000n,
    )
    expect(entries.find(({ name }) => name === 'link')).toMatchObject({ type: 'symlink', linkName: 'file' })
    expect(entries.find(({ name }) => name === 'big')?.content.equals(Buffer.alloc(200_000, 'big'))).toBe(true)
    expect(entries.find(({ name }) => name === long)?.content.toString()).toBe(longNames ? 'deep' : undefined)
    for (const size of [1, 7, 511, 512, 513, 10_240]) expect(read(archive, size)).toEqual(entries)
  })

  it.each([
    ['old GNU', ['--format=gnu', '--sparse']],
    ['0.0', ['--format=posix', '--sparse', '--sparse-version=0.0']],
    ['0.1', ['--format=posix', '--sparse', '--sparse-version=0.1']],
    ['1.0', ['--format=posix', '--sparse', '--sparse-version=1.0']],
  ])('puts holes back: sparse %s', (_, args) => {
    const archive = tar(...args, '-cf', '-', 'holes', 'file')
    expect(archive.length).toBeLessThan(1_000_000)
    for (const size of [archive.length, 1000]) {
      const [holes, file] = read(archive, size)
      expect(holes).toMatchObject({ name: 'holes', sparse: true, sizeBytes: 4_000_000 })
      expect(holes?.content.equals(readFileSync(join(root, 'tree', 'holes')))).toBe(true)
      expect(file?.content.toString()).toBe('content')
    }
  })

  it('reads numbers in base 256', () => {
    const archive = tar('--format=gnu', '--owner=:3000000', '--group=:4000000', '--mtime=@-5', '-cf', '-', 'file')
    expect(read(archive)[0]).toMatchObject({ uid: 3_000_000, gid: 4_000_000, mtimeNs: -5_000_000_000n })
  })
})

describe('TarReader on the edge', () => {
  it('ends at two zero blocks, at the end of input, and never at one', () => {
    const one = plain('a', 'a')
    expect(read(Buffer.concat([one, tarEnd, plain('b', 'b')])).map(({ name }) => name)).toEqual(['a'])
    expect(read(one)).toHaveLength(1)
    expect(read(Buffer.alloc(0))).toEqual([])
    expect(read(one.subarray(0, 513)).map(({ name }) => name)).toEqual(['a'])
    expect(() => read(one.subarray(0, 512))).toThrow('ends in the middle')
    expect(() => read(Buffer.concat([one, Buffer.alloc(512), one]))).toThrow('single zero block')
  })

  it('keeps names that are no text', () => {
    const name = Buffer.from([0xff, 0x2f, 0x80]).toString('latin1')
    expect(read(plain(name, 'x'))[0]?.name).toBe(name)
    const long = '\xe9'.repeat(300)
    expect(read(plain(long, 'x'))[0]?.name).toBe(long)
  })

  it.each([
    ['size', 124, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0])],
    [
      'size beyond what counts',
      124,
      Buffer.from([0x80, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ],
    ['uid', 108, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
    ['mode', 100, 'rwxr-x\0\0'],
    ['type', 156, 'Q'],
  ])('refuses a wrong %s', (_, offset, bytes) => {
    expect(() => read(patch(plain('a', ''), offset, bytes))).toThrow(/invalid tar header/)
  })

  it.each([
    ['4 a=\n', 'length'],
    ['4 =\n', 'without key'],
    ['x a=b\n', 'length'],
    ['999999999999 a=b\n', 'length'],
    ['13 path=a\0b.\n', 'NUL'],
    ['9 size=-1\n', 'length'],
    ['11 size=-1\n', 'negative'],
    ['13 mtime=1e3\n', 'pax time'],
    ['26 GNU.sparse.numbytes=12\n', 'out of order'],
  ])('refuses PAX record %j', (record, message) => {
    const header = patch(plain('pax', record), 156, 'x')
    expect(() => read(Buffer.concat([header, plain('a', 'a')]))).toThrow(message)
  })

  it('refuses a sparse map that overlaps or exceeds the file', () => {
    const pax = (records: string[]): Buffer =>
      patch(plain('pax', records.map((r) => `${r.length + 4} ${r}\n`).join('')), 156, 'x')
    for (const map of ['0,5,3,5', '0,600', '590,20', '5', '1,2,3', '-1,5', '9,1,3,1']) {
      const records = ['GNU.sparse.size=600', `GNU.sparse.map=${map}`, 'GNU.sparse.realsize=600']
      expect(() => read(Buffer.concat([pax(records), plain('a', 'x'.repeat(512))]))).toThrow(CodedError)
    }
  })

  it('survives every flipped byte and every cut: an error or entries, nothing else', () => {
    const pax = patch(plain('pax', '30 SCHILY.xattr.user.a=value\n\n'.slice(0, 30)), 156, 'x')
    const archive = Buffer.concat([
      plain('a', 'abc'),
      pax,
      plain('b', 'x'.repeat(700)),
      patch(plain('c', ''), 156, '5'),
      tarEnd,
    ])
    for (let at = 0; at < archive.length; at++) {
      for (const broken of [Buffer.from(archive), archive.subarray(0, at)]) {
        if (broken.length === archive.length) broken[at] = broken[at]! ^ 0xa5
        expect(outcome(broken)).toBe('fine')
      }
    }
  })
})
