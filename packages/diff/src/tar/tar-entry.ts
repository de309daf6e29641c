// SPDX-License-Identifier: Apache-2.0

/** A string whose characters stand for bytes, 0 to 255 (`latin1`): names in an archive are bytes, not text. */
export type ByteString = string

export type TarEntryType = 'file' | 'directory' | 'symlink' | 'link' | 'character' | 'block' | 'fifo'

/** One member of an archive, its long names and attributes already merged in. */
export interface TarEntry {
  readonly type: TarEntryType
  readonly name: ByteString
  /** Target of a symbolic or hard link. */
  readonly linkName: ByteString
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Size of the file's content, holes included. */
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  readonly atimeNs: bigint | undefined
  readonly major: number
  readonly minor: number
  readonly xattrs: readonly (readonly [name: ByteString, value: Buffer])[]
  /** Has holes: what no data covers is zeros. */
  readonly sparse: boolean
}

/** Receives an archive member by member. */
export interface TarSink {
  entry(entry: TarEntry): void
  /** Content of the current entry at `offset`, ascending. The bytes stay unchanged while they are referenced. */
  data(bytes: Buffer, offset: number): void
  endEntry(): void
}

export const isAscii = (text: ByteString): boolean => !/[^\0-\x7f]/.test(text)
