// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SpecSource } from '@containerd-ts/client'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import {
  parseMountFlag,
  withAddedCapabilities,
  withAdditionalGids,
  withAllDevicesAllowed,
  withAnnotations,
  withArgs,
  withCwd,
  withDefaultSeccomp,
  withDefaultUnixDevices,
  withDroppedCapabilities,
  withEnv,
  withEnvFile,
  withHostDevices,
  withHostHostsFile,
  withHostnameEnv,
  withHostNamespace,
  withHostResolvConf,
  withImageConfig,
  withPrivileged,
  withReadonlyRoot,
  withReplacedMounts,
  withRootPath,
  withSeccomp,
  withTty,
  withUser,
  withUserNamespace,
} from '@containerd-ts/oci'
import type { SpecOption, SpecSeccomp } from '@containerd-ts/oci'
import { parseLabels } from '../output/units.ts'
import { apparmorOptions } from './apparmor.ts'
import type { ContainerFlags } from './container-flags.ts'
import { parseIdMaps } from './id-map.ts'
import { resourceOptions } from './resource-options.ts'

export interface SpecRequest {
  readonly flags: ContainerFlags
  /** Image name, or directory with `--rootfs`. */
  readonly ref: string
  /** The container's own command; empty for the image's. */
  readonly args: readonly string[]
}

/** What the flags make of the default spec, in the order that decides where they meet. */
export async function specOptions({ flags, ref, args }: SpecRequest, source: SpecSource): Promise<SpecOption[]> {
  return [
    withDefaultUnixDevices,
    ...(flags['env-file'] === undefined ? [] : [withEnvFile(await readFile(flags['env-file'], 'utf8'))]),
    withEnv(flags.env ?? []),
    withReplacedMounts((flags.mount ?? []).map(parseMountFlag)),
    ...rootOptions(flags, ref, source),
    ...processOptions(flags, args, source),
    ...privilegeOptions(flags),
    ...networkOptions(flags),
    withAnnotations(parseLabels(flags.annotation ?? [])),
    withAddedCapabilities(flags['cap-add'] ?? []),
    withDroppedCapabilities(flags['cap-drop'] ?? []),
    ...(await seccompOptions(flags)),
    ...(await apparmorOptions(flags)),
    ...resourceOptions(flags),
    withAnnotations(parseLabels(flags.label ?? [])),
  ]
}

function rootOptions(flags: ContainerFlags, ref: string, { image, read }: SpecSource): SpecOption[] {
  if (flags.rootfs || image === undefined) return [withRootPath(resolve(ref))]
  const uids = parseIdMaps(flags.uidmap)
  return [
    withImageConfig(image, read),
    ...(uids.length === 0 ? [] : [withUserNamespace(uids, parseIdMaps(flags.gidmap))]),
  ]
}

function processOptions(flags: ContainerFlags, args: readonly string[], { read }: SpecSource): SpecOption[] {
  const { user } = flags
  return [
    ...(flags['read-only'] ? [withReadonlyRoot] : []),
    ...(args.length === 0 ? [] : [withArgs(...args)]),
    ...(flags.cwd === undefined || flags.cwd === '' ? [] : [withCwd(flags.cwd)]),
    ...(user === undefined || user === '' ? [] : [withUser(user, read), withAdditionalGids(userPart(user), read)]),
    ...(flags.tty ? [withTty] : []),
  ]
}

const userPart = (user: string): string => user.split(':', 1)[0] ?? ''

function privilegeOptions(flags: ContainerFlags): SpecOption[] {
  if (!flags.privileged) return []
  if (flags['privileged-without-host-devices'] === true) return [withPrivileged]
  return [withPrivileged, withAllDevicesAllowed, withHostDevices]
}

const networkOptions = (flags: ContainerFlags): SpecOption[] =>
  flags['net-host'] ? [withHostNamespace('network'), withHostHostsFile, withHostResolvConf, withHostnameEnv()] : []

async function seccompOptions(flags: ContainerFlags): Promise<SpecOption[]> {
  const path = flags['seccomp-profile']
  if (path === undefined) return flags.seccomp ? [withDefaultSeccomp] : []
  if (!flags.seccomp) throw new InvalidArgumentError('seccomp must be set to true, if using a custom seccomp-profile')
  try {
    return [withSeccomp(JSON.parse(await readFile(path, 'utf8')) as SpecSeccomp)]
  } catch (cause) {
    throw new InvalidArgumentError(`cannot read seccomp profile ${path}`, { cause })
  }
}
