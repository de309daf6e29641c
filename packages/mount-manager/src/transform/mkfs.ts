// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import { link, open, rm, stat } from 'node:fs/promises'
import { errnoOf, InvalidArgumentError, UnavailableError } from '@containerd-ts/errdefs'
import { runProgram } from '@containerd-ts/native-sys'
import type { ProgramCalls, SpawnCalls } from '@containerd-ts/native-sys'
import type { AllowedRoots } from './allowed-roots.ts'
import { takeOptions } from './transformer.ts'
import type { Transformer } from './transformer.ts'

export type MkfsCalls = ProgramCalls & Pick<SpawnCalls, 'findExecutable'>

/** How each tool takes a UUID, and what keeps it quiet. */
const fileSystems: Readonly<
  Record<string, { readonly quiet: readonly string[]; readonly uuid: (id: string) => string[] }>
> = {
  ext2: { quiet: ['-q', '-F'], uuid: (id) => ['-U', id] },
  ext3: { quiet: ['-q', '-F'], uuid: (id) => ['-U', id] },
  ext4: { quiet: ['-q', '-F'], uuid: (id) => ['-U', id] },
  xfs: { quiet: ['-q'], uuid: (id) => ['-m', `uuid=${id}`] },
}

interface FileSystem {
  readonly type: string
  readonly sizeBytes: number
  readonly uuid: string | undefined
}

/**
 * `mkfs/`: makes the source a file with a file system of options `X-containerd.mkfs.{size,fs,uuid}`, unless it is
 * there already.
 */
export const mkfsTransformer = (calls: MkfsCalls, roots: AllowedRoots): Transformer => ({
  needsEarlier: false,
  async transform(mount, _earlier, { signal }) {
    const { taken, rest } = takeOptions(mount, 'mkfs')
    signal?.throwIfAborted()
    await make(calls, await roots.check(mount.source), parse(taken), signal)
    return { ...mount, options: rest }
  },
})

function parse(options: readonly (readonly [string, string])[]): FileSystem {
  const given = new Map(options)
  for (const key of given.keys()) {
    if (!['size', 'fs', 'uuid'].includes(key))
      throw new InvalidArgumentError(`unknown mount option X-containerd.mkfs.${key}`)
  }
  const type = given.get('fs') ?? 'ext4'
  if (!Object.hasOwn(fileSystems, type)) throw new InvalidArgumentError(`file system ${type} cannot be made here`)
  const uuid = given.get('uuid')
  if (uuid !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) {
    throw new InvalidArgumentError(`bad file system uuid ${uuid}`)
  }
  return { type, sizeBytes: parseSize(given.get('size') ?? ''), uuid }
}

const units: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

function parseSize(text: string): number {
  const match = /^(\d+)\s*([kmgt]?)(?:i?b)?$/i.exec(text)
  const size = match === null ? 0 : Number(match[1]) * (units[(match[2] ?? '').toLowerCase()] ?? 0)
  if (size <= 0 || !Number.isSafeInteger(size)) throw new InvalidArgumentError(`bad file system size "${text}"`)
  return size
}

/** The file appears whole or not at all: a kill leaves a file under another name. */
async function make(
  calls: MkfsCalls,
  path: string,
  { type, sizeBytes, uuid }: FileSystem,
  signal?: AbortSignal,
): Promise<void> {
  if (await exists(path)) return
  const tool = calls.findExecutable(`mkfs.${type}`, `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`)
  if (tool === undefined) throw new UnavailableError(`mkfs.${type} is not installed`)
  const draft = `${path}.mkfs-${randomBytes(6).toString('hex')}`
  await using undo = new AsyncDisposableStack()
  undo.defer(() => rm(draft, { force: true }))
  {
    await using file = await open(draft, 'wx', 0o600)
    await file.truncate(sizeBytes)
  }
  const { quiet, uuid: uuidFlags } = fileSystems[type] as (typeof fileSystems)[string]
  const args = [...quiet, ...(uuid === undefined ? [] : uuidFlags(uuid)), draft]
  const { status, stderr } = await runProgram(calls, { path: tool, args, ...(signal === undefined ? {} : { signal }) })
  if (status !== 0) throw new InvalidArgumentError(`mkfs.${type} ${path}: exit status ${status}: ${stderr.trim()}`)
  await link(draft, path).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error // somebody else has made it meanwhile
  })
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}
