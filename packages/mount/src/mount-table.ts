// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'

/** One line of `/proc/self/mountinfo`. */
export interface MountEntry {
  readonly id: number
  readonly parentId: number
  /** Path inside the mounted file system that the mount shows. */
  readonly root: string
  readonly mountPoint: string
  readonly options: readonly string[]
  readonly type: string
  readonly source: string
  readonly superOptions: readonly string[]
}

const unescape = (text: string): string =>
  text.includes('\\')
    ? Buffer.from(
        text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
        'latin1',
      ).toString('utf8')
    : Buffer.from(text, 'latin1').toString('utf8')

/** Parses the text of mountinfo, given as one character per byte. Lines of another shape are skipped. */
export function parseMountInfo(text: string): readonly MountEntry[] {
  const entries: MountEntry[] = []
  for (const line of text.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const [id, parentId, , root, mountPoint, options] = before.split(' ')
    const [type, source, superOptions] = after.split(' ')
    if (root === undefined || mountPoint === undefined || options === undefined || type === undefined) continue
    entries.push({
      id: Number(id),
      parentId: Number(parentId),
      root: unescape(root),
      mountPoint: unescape(mountPoint),
      options: options.split(','),
      type,
      source: unescape(source ?? ''),
      superOptions: (superOptions ?? '').split(','),
    })
  }
  return entries
}

/** Mounts this process sees, oldest first. */
export const readMounts = async (): Promise<readonly MountEntry[]> =>
  parseMountInfo(await readFile('/proc/self/mountinfo', 'latin1'))

/** Mount points at or below `path`, the newest and deepest first: the order to unmount them in. */
export async function mountPointsBelow(path: string): Promise<readonly string[]> {
  const prefix = path.endsWith('/') ? path : `${path}/`
  const points = (await readMounts()).map((entry) => entry.mountPoint)
  return points.filter((point) => point === path || point.startsWith(prefix)).reverse()
}
