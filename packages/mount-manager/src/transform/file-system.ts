// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'

export interface FileSystemRequest {
  readonly type: 'ext2' | 'ext3' | 'ext4' | 'xfs'
  readonly sizeBytes: number
  readonly uuid: string | undefined
}

const types = ['ext2', 'ext3', 'ext4', 'xfs'] as const
const units: Readonly<Record<string, number>> = {
  '': 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  p: 2 ** 50,
}

/** Reads the values of `X-containerd.mkfs.` options. @throws {InvalidArgumentError} */
export function parseFileSystem(options: readonly (readonly [key: string, value: string])[]): FileSystemRequest {
  const given = new Map(options)
  for (const key of given.keys()) {
    if (!['size', 'fs', 'uuid'].includes(key)) {
      throw new InvalidArgumentError(`unknown mount option X-containerd.mkfs.${key}`)
    }
  }
  const type = types.find((each) => each === (given.get('fs') ?? 'ext4'))
  if (type === undefined) throw new InvalidArgumentError(`file system ${given.get('fs')} cannot be made`)
  const uuid = given.get('uuid')
  if (uuid !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) {
    throw new InvalidArgumentError(`bad file system uuid ${uuid}`)
  }
  return { type, sizeBytes: parseSize(given.get('size') ?? ''), uuid }
}

/** Whole or fractional, in bytes or powers of 1024. */
function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text)
  const size = match === null ? 0 : Math.floor(Number(match[1]) * (units[(match[2] ?? '').toLowerCase()] ?? 0))
  if (size <= 0 || !Number.isSafeInteger(size)) throw new InvalidArgumentError(`bad file system size "${text}"`)
  return size
}

/** What the mkfs of the type is told before the file: to say little, to take a file, and the UUID in its own way. */
export function toolArguments({ type, uuid }: FileSystemRequest): readonly string[] {
  if (type === 'xfs') return ['-q', ...(uuid === undefined ? [] : ['-m', `uuid=${uuid}`])]
  return ['-q', '-F', ...(uuid === undefined ? [] : ['-U', uuid])]
}
