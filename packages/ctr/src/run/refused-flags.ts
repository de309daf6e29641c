// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError, UnimplementedError } from '@containerd-ts/errdefs'
import type { ContainerFlags } from './container-flags.ts'

/** Flags of the original that nothing here answers yet. */
const notBuilt = ['cni', 'gpus', 'blockio-config-file', 'blockio-class', 'rdt-class'] as const

/** @throws {UnimplementedError} a flag that is not built @throws {InvalidArgumentError} flags that exclude each other */
export function refuseFlags(flags: ContainerFlags): void {
  const given = notBuilt.find((name) => flags[name] !== undefined && flags[name] !== false)
  if (given !== undefined) throw new UnimplementedError(`--${given} is not supported`)
  const cdi = flags.device?.find((device) => !device.startsWith('/') && device.includes('='))
  if (cdi !== undefined) throw new UnimplementedError(`CDI device ${cdi} is not supported`)
  if ((flags.uidmap === undefined) !== (flags.gidmap === undefined)) {
    throw new InvalidArgumentError('--uidmap and --gidmap go together')
  }
  if (flags.uidmap !== undefined && flags.rootfs) throw new InvalidArgumentError('--uidmap needs an image')
  if (flags.cpus !== undefined && (flags['cpu-quota'] !== -1 || flags['cpu-period'] !== undefined)) {
    throw new InvalidArgumentError('cpus and quota/period should be used separately')
  }
  const profiles = [flags['apparmor-default-profile'], flags['apparmor-profile']]
  if (profiles.every((profile) => profile !== undefined)) {
    throw new InvalidArgumentError('apparmor-default-profile and apparmor-profile should be used separately')
  }
}
