// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, readlinkSync, readSync, type BigIntStats } from 'node:fs'
import type { XattrCalls } from '@containerd-ts/native-sys'

export type SameCalls = Pick<XattrCalls, 'getXattrSync'>

export interface FileAt {
  readonly path: Buffer
  readonly stat: BigIntStats
}

export const capabilityXattr = 'security.capability'
const second = 1_000_000_000n
const bufferBytes = 256 << 10

/**
 * Whether two files count as one, without reading them where their times tell: one inode, or equal type, mode, owner,
 * device, capabilities and, for anything but a directory, size and time. Content decides when both times are whole
 * seconds: then something may have cut them.
 */
export function isSame(calls: SameCalls, a: FileAt, b: FileAt): boolean {
  const [s, t] = [a.stat, b.stat]
  if (s.dev === t.dev && s.ino === t.ino) return true
  if (s.mode !== t.mode || s.uid !== t.uid || s.gid !== t.gid || s.rdev !== t.rdev) return false
  if (!sameCapabilities(calls, a, b)) return false
  if (s.isDirectory()) return true
  if (s.size !== t.size || s.mtimeNs / second !== t.mtimeNs / second) return false
  if (s.mtimeNs % second !== 0n || t.mtimeNs % second !== 0n) return s.mtimeNs === t.mtimeNs
  return sameContent(a, b)
}

function sameCapabilities(calls: SameCalls, a: FileAt, b: FileAt): boolean {
  const [x, y] = [calls.getXattrSync(a.path, capabilityXattr), calls.getXattrSync(b.path, capabilityXattr)]
  return x === undefined || y === undefined ? x === y : x.equals(y)
}

function sameContent(a: FileAt, b: FileAt): boolean {
  if (a.stat.isSymbolicLink()) return link(a).equals(link(b))
  if (!a.stat.isFile() || a.stat.size === 0n) return true
  const [x, y] = [openSync(a.path, 'r'), openSync(b.path, 'r')]
  try {
    const [p, q] = [Buffer.allocUnsafe(bufferBytes), Buffer.allocUnsafe(bufferBytes)]
    for (;;) {
      const n = readSync(x, p, 0, bufferBytes, null)
      const m = readSync(y, q, 0, bufferBytes, null)
      if (n !== m || p.compare(q, 0, m, 0, n) !== 0) return false
      if (n === 0) return true
    }
  } finally {
    closeSync(x)
    closeSync(y)
  }
}

const link = ({ path }: FileAt): Buffer => readlinkSync(path, { encoding: 'buffer' })
