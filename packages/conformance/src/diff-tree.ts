// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { native } from '@containerd-ts/native-sys'

/** Everything about one file that a layer can hold. */
export interface TreeNode {
  readonly type: string
  readonly mode: string
  readonly owner: string
  readonly mtimeNs: bigint
  readonly content?: string
  readonly link?: string
  readonly device?: bigint
  readonly xattrs: Readonly<Record<string, string>>
  /** The first path, in order, that is the same file. */
  readonly sameAs?: string
}

const slash = Buffer.from('/')

/** Reads a tree, its top directory left out. Names that are no UTF-8 show their bytes. */
export function readTree(root: string): Map<string, TreeNode> {
  const nodes = new Map<string, TreeNode>()
  visit(Buffer.from(root), '', nodes, new Map())
  return nodes
}

function visit(directory: Buffer, prefix: string, nodes: Map<string, TreeNode>, inodes: Map<string, string>): void {
  for (const name of readdirSync(directory, { encoding: 'buffer' }).sort(Buffer.compare)) {
    const path = Buffer.concat([directory, slash, name])
    const shown =
      prefix + (name.toString('utf8').includes('\uFFFD') ? `hex:${name.toString('hex')}` : name.toString('utf8'))
    const stat = lstatSync(path, { bigint: true })
    const inode = `${stat.dev}:${stat.ino}`
    const first = stat.isDirectory() ? undefined : inodes.get(inode)
    if (first === undefined) inodes.set(inode, shown)
    const type = ['File', 'Directory', 'SymbolicLink', 'FIFO', 'CharacterDevice', 'BlockDevice', 'Socket'].find(
      (kind) => (stat as unknown as Record<string, () => boolean>)[`is${kind}`]?.(),
    )
    nodes.set(shown, {
      type: type ?? 'unknown',
      mode: (stat.mode & 0o7777n).toString(8),
      owner: `${stat.uid}:${stat.gid}`,
      mtimeNs: stat.mtimeNs,
      xattrs: xattrsOf(path),
      ...(stat.isFile() ? { content: contentOf(path) } : {}),
      ...(stat.isSymbolicLink() ? { link: readlinkSync(path, { encoding: 'buffer' }).toString('latin1') } : {}),
      ...(stat.rdev === 0n ? {} : { device: stat.rdev }),
      ...(first === undefined ? {} : { sameAs: first }),
    })
    if (stat.isDirectory()) visit(path, `${shown}/`, nodes, inodes)
  }
}

function contentOf(path: Buffer): string {
  const bytes = readFileSync(path)
  return bytes.length <= 64
    ? bytes.toString('latin1')
    : `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`
}

/** What overlayfs keeps for itself is not the layer's. */
const xattrsOf = (path: Buffer): Record<string, string> =>
  Object.fromEntries(
    native
      .readXattrsSync(path)
      .map(([name, value]) => [name.toString('latin1'), value.toString('hex')] as const)
      .filter(([name]) => !name.startsWith('trusted.overlay.')),
  )
