// SPDX-License-Identifier: Apache-2.0
import type { EntryMeta } from '@containerd-ts/native-sys'
import { isAscii, type ByteString, type TarEntry } from '../tar/tar-entry.ts'
import { showPath } from './entry-path.ts'

/** S_IFMT bits of what mknod(2) makes. */
export const nodeTypes = { fifo: 0o010000, character: 0o020000, block: 0o060000 } as const

const maxTimeNs = 2n ** 63n - 1n

/** Metadata of an entry as it is to stand on disk. Times that a file system cannot hold become the epoch. */
export function metaOf(
  entry: TarEntry,
  warn: (message: string, fields: Readonly<Record<string, unknown>>) => void,
): EntryMeta {
  const mtimeNs = bounded(entry.mtimeNs)
  const atime = bounded(entry.atimeNs ?? 0n)
  return {
    uid: entry.uid,
    gid: entry.gid,
    mode: entry.mode,
    mtimeNs,
    atimeNs: atime > mtimeNs ? atime : mtimeNs,
    ...(entry.xattrs.length === 0 ? {} : { xattrs: xattrsOf(entry, warn) }),
  }
}

const bounded = (ns: bigint): bigint => (ns < 0n || ns > maxTimeNs ? 0n : ns)

/** `trusted.` is the host's own; `user.` exists on files and directories only. */
function xattrsOf(
  entry: TarEntry,
  warn: (message: string, fields: Readonly<Record<string, unknown>>) => void,
): readonly (readonly [string | Uint8Array, Uint8Array])[] {
  const kept: (readonly [string | Uint8Array, Uint8Array])[] = []
  const takesUser = entry.type === 'file' || entry.type === 'directory' || entry.type === 'link'
  for (const [name, value] of entry.xattrs) {
    if (name.startsWith('trusted.')) warn('attribute left out', { path: showPath(entry.name), attribute: name })
    else if (takesUser || !name.startsWith('user.')) kept.push([nativeName(name), value])
  }
  return kept
}

const nativeName = (name: ByteString): string | Uint8Array => (isAscii(name) ? name : Buffer.from(name, 'latin1'))
