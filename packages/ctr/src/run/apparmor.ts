// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { FailedPreconditionError, UnimplementedError } from '@containerd-ts/errdefs'
import { withApparmorProfile } from '@containerd-ts/oci'
import type { SpecOption } from '@containerd-ts/oci'
import type { ContainerFlags } from './container-flags.ts'

const loadedProfiles = '/sys/kernel/security/apparmor/profiles'

/** A profile by name. Of the default one only a profile that is loaded already can be used. */
export async function apparmorOptions(flags: ContainerFlags): Promise<SpecOption[]> {
  const profile = flags['apparmor-profile']
  if (profile !== undefined) return [withApparmorProfile(profile)]
  const standard = flags['apparmor-default-profile']
  if (standard === undefined) return []
  const loaded = await readFile(loadedProfiles, 'utf8').catch((cause: unknown) => {
    throw new FailedPreconditionError('AppArmor is not enabled on this machine', { cause })
  })
  if (!loaded.split('\n').some((line) => line.startsWith(`${standard} (`))) {
    throw new UnimplementedError(`AppArmor profile ${standard} is not loaded, and rendering it is not supported`)
  }
  return [withApparmorProfile(standard)]
}
