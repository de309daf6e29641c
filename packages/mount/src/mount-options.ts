// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { MountFlag } from '@containerd-ts/native-sys'

/** What a list of mount options means to the kernel and to us. */
export interface ParsedOptions {
  /** Union of `MountFlag`, propagation excluded. */
  readonly flags: number
  /** Propagation flag of each option that names one, in order; each is a call of its own. */
  readonly propagation: readonly number[]
  /** Options of the file system, in order. */
  readonly data: readonly string[]
  readonly loop: boolean
  /** `containerId:hostId:size[,...]` */
  readonly uidMap: string | undefined
  readonly gidMap: string | undefined
}

interface FlagEffect {
  readonly clear?: boolean
  readonly flag: number
}

const flagOptions: Readonly<Record<string, FlagEffect>> = {
  async: { clear: true, flag: MountFlag.synchronous },
  atime: { clear: true, flag: MountFlag.noatime },
  bind: { flag: MountFlag.bind },
  defaults: { flag: 0 },
  dev: { clear: true, flag: MountFlag.nodev },
  diratime: { clear: true, flag: MountFlag.nodiratime },
  dirsync: { flag: MountFlag.dirsync },
  exec: { clear: true, flag: MountFlag.noexec },
  mand: { flag: MountFlag.mandlock },
  noatime: { flag: MountFlag.noatime },
  nodev: { flag: MountFlag.nodev },
  nodiratime: { flag: MountFlag.nodiratime },
  noexec: { flag: MountFlag.noexec },
  nomand: { clear: true, flag: MountFlag.mandlock },
  norelatime: { clear: true, flag: MountFlag.relatime },
  nostrictatime: { clear: true, flag: MountFlag.strictatime },
  nosuid: { flag: MountFlag.nosuid },
  nosymfollow: { flag: MountFlag.nosymfollow },
  rbind: { flag: MountFlag.bind | MountFlag.rec },
  relatime: { flag: MountFlag.relatime },
  remount: { flag: MountFlag.remount },
  ro: { flag: MountFlag.rdonly },
  rw: { clear: true, flag: MountFlag.rdonly },
  strictatime: { flag: MountFlag.strictatime },
  suid: { clear: true, flag: MountFlag.nosuid },
  sync: { flag: MountFlag.synchronous },
}

const propagationOptions: Readonly<Record<string, number>> = {
  private: MountFlag.private,
  rprivate: MountFlag.private | MountFlag.rec,
  rshared: MountFlag.shared | MountFlag.rec,
  rslave: MountFlag.slave | MountFlag.rec,
  runbindable: MountFlag.unbindable | MountFlag.rec,
  shared: MountFlag.shared,
  slave: MountFlag.slave,
  unbindable: MountFlag.unbindable,
}

/**
 * Splits options into flags, propagation and data; unknown ones are the file system's.
 * @throws {InvalidArgumentError} an `X-containerd.` option that nobody has consumed
 */
export function parseMountOptions(options: readonly string[]): ParsedOptions {
  let flags = 0
  let loop = false
  let uidMap: string | undefined
  let gidMap: string | undefined
  const propagation: number[] = []
  const data: string[] = []
  for (const option of options) {
    const effect = flagOptions[option]
    const spread = propagationOptions[option]
    if (effect !== undefined) flags = effect.clear === true ? flags & ~effect.flag : flags | effect.flag
    else if (spread !== undefined) propagation.push(spread)
    else if (option === 'loop') loop = true
    else if (option.startsWith('uidmap=')) uidMap = option.slice('uidmap='.length)
    else if (option.startsWith('gidmap=')) gidMap = option.slice('gidmap='.length)
    else if (option.startsWith('X-containerd.')) throw new InvalidArgumentError(`mount option ${option} has no handler`)
    else if (option !== '') data.push(option)
  }
  return { flags, propagation, data, loop, uidMap, gidMap }
}
