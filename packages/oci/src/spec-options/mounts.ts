// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { SpecMount } from '../runtime-spec.ts'
import { linuxOf } from '../spec-builder.ts'
import type { SpecOption } from '../spec-builder.ts'

/** Appends mounts. */
export const withMounts =
  (mounts: readonly SpecMount[]): SpecOption =>
  (spec) => {
    spec.mounts = [...(spec.mounts ?? []), ...mounts]
  }

const clean = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path)

/** Takes mounts away by destination. */
export const withoutMounts =
  (...destinations: readonly string[]): SpecOption =>
  (spec) => {
    const gone = new Set(destinations.map(clean))
    spec.mounts = (spec.mounts ?? []).filter((mount) => !gone.has(clean(mount.destination)))
  }

/** Adds mounts in place of those that have the same destinations. */
export const withReplacedMounts =
  (mounts: readonly SpecMount[]): SpecOption =>
  async (spec) => {
    await withoutMounts(...mounts.map((mount) => mount.destination))(spec)
    await withMounts(mounts)(spec)
  }

/** The host's file at the same place, read-only. */
const hostFile = (path: string): SpecOption =>
  withMounts([{ destination: path, type: 'bind', source: path, options: ['rbind', 'ro'] }])

export const withHostHostsFile: SpecOption = hostFile('/etc/hosts')
export const withHostResolvConf: SpecOption = hostFile('/etc/resolv.conf')
export const withHostLocaltime: SpecOption = hostFile('/etc/localtime')

/** Drops `ro` of the mounts of one type and asks for `rw`. */
const writable =
  (type: string): SpecOption =>
  (spec) => {
    for (const mount of spec.mounts ?? []) {
      if (mount.type !== type) continue
      mount.options = (mount.options ?? []).map((option) => (option === 'ro' ? 'rw' : option))
    }
  }

export const withWritableSysfs: SpecOption = writable('sysfs')
export const withWritableCgroupfs: SpecOption = writable('cgroup')

/** Root file system at a path of its own. */
export const withRootPath =
  (path: string): SpecOption =>
  (spec) => {
    spec.root = { ...spec.root, path }
  }

export const withReadonlyRoot: SpecOption = (spec) => {
  spec.root = { path: 'rootfs', ...spec.root, readonly: true }
}

/** `shared`, `slave`, `private` or `unbindable`, with or without a leading `r`. */
export const withRootfsPropagation =
  (propagation: string): SpecOption =>
  (spec) => {
    linuxOf(spec).rootfsPropagation = propagation
  }

/** Fields of one line of comma-separated values, quotes doubled inside quotes. */
function csvFields(line: string): readonly string[] {
  const fields = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)]
  return fields.map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '')
}

/**
 * Reads `type=bind,src=/a,dst=/b,options=rbind:ro`.
 * @throws {InvalidArgumentError} an unknown key or a field without value
 */
export function parseMountFlag(flag: string): SpecMount {
  const mount: SpecMount = { destination: '' }
  for (const field of csvFields(flag)) {
    const equals = field.indexOf('=')
    if (equals < 0) throw new InvalidArgumentError(`invalid mount specification "${flag}": expected key=val`)
    const [key, value] = [field.slice(0, equals), field.slice(equals + 1)]
    if (key === 'type') mount.type = value
    else if (key === 'source' || key === 'src') mount.source = value
    else if (key === 'destination' || key === 'dst') mount.destination = value
    else if (key === 'options') mount.options = value.split(':')
    else throw new InvalidArgumentError(`invalid mount specification "${flag}": mount option "${key}" not supported`)
  }
  return mount
}
