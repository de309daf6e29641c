// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { goPeers, runCommand } from '@containerd-ts/testkit'
import { repoRoot } from '../../lib/packages.ts'

/** Where the figures were taken, and of what. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
  readonly system: string
  /** Of the daemons' directories. */
  readonly fileSystem: string
  readonly node: string
  readonly goContainerd: string
  readonly runc: string
  /** Commit of ours; a plus when files were changed since. */
  readonly commit: string
  /** Of the last minute, before the measures: other work on the machine shows here. */
  readonly loadBefore: number
}

const fileSystems: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x01021994: 'tmpfs',
  0x794c7630: 'overlay',
}

export async function describeMachine(): Promise<Machine> {
  const peers = goPeers()
  const first = async (program: string, ...args: readonly string[]) =>
    (await runCommand(program, args, { env: peers.env, cwd: repoRoot })).stdout.split('\n')[0] ?? ''
  const changed = (await first('git', 'status', '--porcelain', '--untracked-files=no')) !== ''
  const { type } = statfsSync(tmpdir())
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    system: /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown',
    fileSystem: `${fileSystems[type] ?? `0x${type.toString(16)}`}${journal(type)}`,
    node: process.version,
    goContainerd: (await first(join(peers.binDir, 'containerd'), '--version')).split(' ')[2] ?? 'unknown',
    runc: (await first('runc', '--version')).replace('runc version ', ''),
    commit: `${await first('git', 'rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`,
    loadBefore: loadavg()[0] ?? 0,
  }
}

/**
 * ext4 without a journal looks for inodes freed a short time ago before it makes a new one, so what is unpacked after
 * something was removed takes longer there, for both daemons.
 */
const journal = (type: number): string =>
  fileSystems[type] === 'ext4' && !hasEntries('/proc/fs/jbd2') ? ' without a journal' : ''

const hasEntries = (dir: string): boolean => existsSync(dir) && readdirSync(dir).length > 0

export function machineText(machine: Machine): string {
  const { processor, cores, memoryGiB, kernel, system, fileSystem, loadBefore } = machine
  const busy = loadBefore > cores / 2 ? ' (other work was going on: trust the ratios more than the figures)' : ''
  return [
    `machine: ${cores} x ${processor}, ${memoryGiB} GiB, ${system}, Linux ${kernel}, ${fileSystem}`,
    `load before: ${loadBefore.toFixed(2)}${busy}`,
    `ours: ${machine.commit} on Node ${machine.node}; Go: containerd ${machine.goContainerd}; runc ${machine.runc}`,
  ].join('\n')
}
