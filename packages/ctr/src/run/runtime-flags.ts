// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { configPathOptions, runcOptions, runcRuntime } from '@containerd-ts/client'
import type { ContainerRuntime } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** Flags that choose a runtime. */
export const runtimeFlags = {
  runtime: Flags.string({ summary: 'runtime name, or the path of a shim', default: runcRuntime }),
  'runtime-config-path': Flags.string({ summary: 'configuration file of the runtime' }),
  'runc-binary': Flags.string({ summary: 'runc or what stands in for it' }),
  'runc-root': Flags.string({ summary: "runc's directory of states" }),
  'runc-systemd-cgroup': Flags.boolean({ summary: 'let runc make cgroups through systemd' }),
}

export interface RuntimeFlags {
  readonly runtime: string
  readonly 'runtime-config-path': string | undefined
  readonly 'runc-binary': string | undefined
  readonly 'runc-root': string | undefined
  readonly 'runc-systemd-cgroup': boolean
}

/** The runtime and its options. @throws {InvalidArgumentError} systemd cgroups without a cgroup of theirs */
export async function runtimeOf(flags: RuntimeFlags, cgroup?: string): Promise<ContainerRuntime> {
  const name = flags.runtime
  if (name === runcRuntime) {
    const systemdCgroup = flags['runc-systemd-cgroup']
    if (systemdCgroup && (cgroup ?? '') === '') {
      throw new InvalidArgumentError('option --runc-systemd-cgroup requires --cgroup to be set')
    }
    return { name, options: runcOptions({ binaryName: flags['runc-binary'], root: flags['runc-root'], systemdCgroup }) }
  }
  const path = flags['runtime-config-path']
  return path === undefined ? { name } : { name, options: await configPathOptions(path) }
}
