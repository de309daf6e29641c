// SPDX-License-Identifier: Apache-2.0
import { mountTable, processes } from '@containerd-ts/testkit'
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StepFailure } from '../lib/command.ts'
import { repoRoot } from '../lib/packages.ts'

/** State of the machine before the tests, to which they have to bring it back. */
export interface MachineState {
  readonly mounts: ReadonlySet<string>
  readonly processes: ReadonlySet<number>
  readonly namespaces: ReadonlySet<string>
  readonly directories: ReadonlySet<string>
}

export function machineState(): MachineState {
  return {
    mounts: new Set(ourMounts()),
    processes: new Set(ourProcesses().map(({ pid }) => pid)),
    namespaces: new Set(networkNamespaces()),
    directories: new Set(ourDirectories()),
  }
}

/** Fails with a list of what the tests left on the machine. */
export async function checkLeaks(before: MachineState): Promise<void> {
  let left = newSince(before)
  // The last shims and peers may still be on their way out.
  for (let tries = 0; left.length > 0 && tries < 20; tries++) {
    await sleep(250)
    left = newSince(before)
  }
  if (left.length > 0) throw new StepFailure(`left behind by the tests:\n${left.join('\n')}`)
}

function newSince(before: MachineState): readonly string[] {
  return [
    ...ourMounts()
      .filter((mount) => !before.mounts.has(mount))
      .map((mount) => `mount ${mount}`),
    ...ourProcesses()
      .filter(({ pid }) => !before.processes.has(pid))
      .map(({ pid, command }) => `process ${pid}: ${command}`),
    ...networkNamespaces()
      .filter((name) => !before.namespaces.has(name))
      .map((name) => `network namespace ${name}`),
    ...ourDirectories()
      .filter((path) => !before.directories.has(path))
      .map((path) => `directory ${path}`),
  ]
}

const ourMounts = (): readonly string[] =>
  mountTable()
    .map(({ path }) => path)
    .filter((path) => path.startsWith(`${tmpdir()}/`) || path.startsWith(`${join(repoRoot, '.cache')}/`))

/** Daemons, shims and peers, ours or Go's, that work below the temporary directory or were started from this checkout. */
const ourProcesses = () =>
  processes().filter(
    ({ pid, parent, command, zombie }) =>
      !zombie &&
      pid !== process.pid &&
      parent !== process.pid &&
      /containerd-shim|containerd|docker-registry|runc/.test(command.split(' ')[0] ?? '') &&
      (command.includes(tmpdir()) || command.includes(repoRoot)),
  )

const networkNamespaces = (): readonly string[] => (existsSync('/run/netns') ? readdirSync('/run/netns') : [])

const ourDirectories = (): readonly string[] =>
  readdirSync(tmpdir())
    .filter((name) => name.startsWith('ctd-'))
    .map((name) => join(tmpdir(), name))
