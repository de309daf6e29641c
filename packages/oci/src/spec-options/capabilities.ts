// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { allCapabilityNames, effectiveCapabilities } from '../capabilities.ts'
import type { CapabilitySet } from '../runtime-spec.ts'
import { compose, linuxOf, processOf } from '../spec-builder.ts'
import type { SpecOption } from '../spec-builder.ts'
import { withAllDevicesAllowed } from './devices.ts'
import { withWritableCgroupfs, withWritableSysfs } from './mounts.ts'

const grantedSets: readonly CapabilitySet[] = ['bounding', 'effective', 'permitted']

function checkNames(names: readonly string[]): void {
  for (const name of names) {
    if (!name.startsWith('CAP_'))
      throw new InvalidArgumentError(`capabilities must be specified with 'CAP_' prefix: ${name}`)
  }
}

/** Sets the bounding, effective and permitted capabilities. */
export const withCapabilities =
  (names: readonly string[]): SpecOption =>
  (spec) => {
    const process = processOf(spec)
    process.capabilities = {
      ...process.capabilities,
      bounding: [...names],
      effective: [...names],
      permitted: [...names],
    }
  }

/** @throws {InvalidArgumentError} a name without `CAP_` */
export const withAddedCapabilities =
  (names: readonly string[]): SpecOption =>
  (spec) => {
    checkNames(names)
    const capabilities = (processOf(spec).capabilities ??= {})
    for (const set of grantedSets) capabilities[set] = [...new Set([...(capabilities[set] ?? []), ...names])]
  }

/** @throws {InvalidArgumentError} a name without `CAP_` */
export const withDroppedCapabilities =
  (names: readonly string[]): SpecOption =>
  (spec) => {
    checkNames(names)
    const capabilities = (processOf(spec).capabilities ??= {})
    for (const set of grantedSets) capabilities[set] = (capabilities[set] ?? []).filter((name) => !names.includes(name))
  }

export const withAmbientCapabilities =
  (names: readonly string[]): SpecOption =>
  (spec) => {
    checkNames(names)
    const process = processOf(spec)
    process.capabilities = { ...process.capabilities, inheritable: [...names], ambient: [...names] }
  }

/** Everything this process itself may do. */
export const withCurrentCapabilities: SpecOption = async (spec) => {
  const own = effectiveCapabilities(await readFile('/proc/self/status', 'utf8'))
  await withCapabilities(own)(spec)
}

export const withAllKnownCapabilities: SpecOption = withCapabilities(allCapabilityNames)

const withoutMaskedPaths: SpecOption = (spec) => {
  linuxOf(spec).maskedPaths = []
  linuxOf(spec).readonlyPaths = []
}

const withoutSecurityProfiles: SpecOption = (spec) => {
  const process = processOf(spec)
  delete process.selinuxLabel
  delete process.apparmorProfile
  delete linuxOf(spec).seccomp
}

/** Nearly the host's own powers: all capabilities, nothing masked, no profiles. Devices are options of their own. */
export const withPrivileged: SpecOption = compose(
  withCurrentCapabilities,
  withoutMaskedPaths,
  withWritableSysfs,
  withWritableCgroupfs,
  withoutSecurityProfiles,
)

/** As `withPrivileged`, with every device allowed. */
export const withPrivilegedDevices: SpecOption = compose(withPrivileged, withAllDevicesAllowed)
