// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import {
  withCgroup,
  withCpuQuota,
  withCpus,
  withCpusetCpus,
  withCpusetMems,
  withCpuShares,
  withDevice,
  withHostname,
  withMemoryLimit,
  withNamespace,
  withNewPrivileges,
  withRlimit,
  withRootfsPropagation,
} from '@containerd-ts/oci'
import type { NamespaceType, SpecOption } from '@containerd-ts/oci'
import type { ContainerFlags } from './container-flags.ts'

/** Options of CPUs, namespaces, memory, devices and limits, in their order. */
export function resourceOptions(flags: ContainerFlags): SpecOption[] {
  const options: SpecOption[] = []
  const add = <T>(value: T | undefined, option: (value: T) => SpecOption): void => {
    if (value !== undefined) options.push(option(value))
  }
  add(flags.cpus, (cpus) => withCpus(cpuCount(cpus)))
  add(nonEmpty(flags['cpuset-cpus']), withCpusetCpus)
  add(nonEmpty(flags['cpuset-mems']), withCpusetMems)
  add(flags['cpu-shares'], withCpuShares)
  const [quota, period] = [flags['cpu-quota'], flags['cpu-period'] ?? 0]
  if (quota !== -1 || period !== 0) options.push(withCpuQuota(quota, period))
  options.push(...(flags['with-ns'] ?? []).map(namespaceOption))
  if (flags['allow-new-privs']) options.push(withNewPrivileges)
  add(flags.cgroup, withCgroup)
  add(flags['memory-limit'], withMemoryLimit)
  options.push(...(flags.device ?? []).map((path) => withDevice(path)))
  add(nonEmpty(flags['rootfs-propagation']), withRootfsPropagation)
  add(nonEmpty(flags.hostname), withHostname)
  add(flags['rlimit-nofile'], nofileOption)
  return options
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text)

function cpuCount(text: string): number {
  const count = Number(text)
  if (text.trim() === '' || !Number.isFinite(count) || count < 0) {
    throw new InvalidArgumentError(`invalid value "${text}" for --cpus`)
  }
  return count
}

const namespaceTypes: ReadonlySet<string> = new Set<NamespaceType>([
  'pid',
  'network',
  'mount',
  'ipc',
  'uts',
  'user',
  'cgroup',
  'time',
])

function namespaceOption(text: string): SpecOption {
  const colon = text.indexOf(':')
  const [type, path] = [text.slice(0, colon), text.slice(colon + 1)]
  if (colon < 0 || !namespaceTypes.has(type)) {
    throw new InvalidArgumentError(`option --with-ns "${text}": expected TYPE:PATH of a namespace`)
  }
  return withNamespace({ type: type as NamespaceType, path })
}

function nofileOption(text: string): SpecOption {
  const match = /^(\d+)(?::(\d+))?$/.exec(text)
  if (match === null) throw new InvalidArgumentError(`invalid value "${text}" for --rlimit-nofile`)
  const soft = Number(match[1])
  const hard = Number(match[2] ?? match[1])
  if (soft > hard) throw new InvalidArgumentError(`--rlimit-nofile ${text}: soft limit above the hard one`)
  return withRlimit('RLIMIT_NOFILE', soft, hard)
}
