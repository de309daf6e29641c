// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { snapshotterFlag } from '../cli/snapshotter-flag.ts'
import { stringList } from '../cli/string-list.ts'
import { runtimeFlags } from './runtime-flags.ts'

/** Flags that describe a container, of `run` and `containers create`. */
export const containerFlags = {
  ...runtimeFlags,
  snapshotter: snapshotterFlag,
  'snapshotter-label': stringList({ summary: "label KEY=VALUE of the container's snapshot" }),
  config: Flags.string({ char: 'c', summary: 'file with the runtime spec to use' }),
  cwd: Flags.string({ summary: 'working directory of the process' }),
  env: stringList({ summary: 'environment variable NAME=VALUE' }),
  'env-file': Flags.string({ summary: 'file of environment variables, one a line' }),
  label: stringList({ summary: 'label KEY=VALUE of the container' }),
  annotation: stringList({ summary: 'annotation KEY=VALUE of the runtime spec' }),
  mount: stringList({ summary: 'mount, as type=bind,src=/host,dst=/container,options=rbind:ro' }),
  'net-host': Flags.boolean({ summary: "use the host's network" }),
  privileged: Flags.boolean({ summary: 'give the container nearly all that the host may do' }),
  'read-only': Flags.boolean({ summary: 'make the root file system read-only' }),
  sandbox: Flags.string({ summary: 'id of the sandbox to join' }),
  tty: Flags.boolean({ char: 't', summary: 'give the process a terminal' }),
  'with-ns': stringList({ summary: 'namespace to join, as TYPE:PATH' }),
  'pid-file': Flags.string({ summary: 'file to write the process id to' }),
  gpus: Flags.integer({ summary: 'GPU to add', multiple: true, multipleNonGreedy: true }),
  'allow-new-privs': Flags.boolean({ summary: 'let processes gain privileges' }),
  'memory-limit': Flags.integer({ summary: 'memory limit, in bytes' }),
  'cap-add': stringList({ summary: 'capability to add, such as CAP_NET_ADMIN' }),
  'cap-drop': stringList({ summary: 'capability to take away' }),
  seccomp: Flags.boolean({ summary: 'use the default seccomp profile' }),
  'seccomp-profile': Flags.string({ summary: 'file of a seccomp profile; needs --seccomp' }),
  'apparmor-default-profile': Flags.string({
    summary: 'name under which to load and use the default AppArmor profile',
  }),
  'apparmor-profile': Flags.string({ summary: 'AppArmor profile that is loaded already' }),
  'blockio-config-file': Flags.string({ summary: 'definitions of block I/O classes' }),
  'blockio-class': Flags.string({ summary: 'block I/O class' }),
  'rdt-class': Flags.string({ summary: 'class of Intel RDT' }),
  hostname: Flags.string({ summary: 'host name in the container' }),
  user: Flags.string({ char: 'u', summary: 'user[:group], names or ids' }),
  rootfs: Flags.boolean({ summary: 'the first argument is a directory to run from, not an image' }),
  'no-pivot': Flags.boolean({ summary: 'do not use pivot_root' }),
  'cpu-quota': Flags.integer({ summary: 'CPU time per period, in microseconds', default: -1 }),
  'cpu-period': Flags.integer({ summary: 'CPU period, in microseconds', min: 0 }),
  'rootfs-propagation': Flags.string({ summary: 'mount propagation of the root file system' }),
  device: stringList({ summary: 'device file, or directory of such, to add' }),
}

/** Flags of `run` that also shape the container. */
export const runFlags = {
  cgroup: Flags.string({ summary: 'cgroup path; empty to stay in the cgroup of the runtime' }),
  platform: Flags.string({ summary: 'platform of the image to run' }),
  cni: Flags.boolean({ summary: 'set up the network with CNI' }),
  'sync-fs': Flags.boolean({ summary: 'sync the file system after each layer' }),
  uidmap: stringList({ summary: 'user ids of a user namespace, as CONTAINER:HOST:LENGTH' }),
  gidmap: stringList({ summary: 'group ids of a user namespace, as CONTAINER:HOST:LENGTH' }),
  'remap-labels': Flags.boolean({ summary: 'let the snapshotter remap ids, by labels' }),
  'privileged-without-host-devices': Flags.boolean({ summary: 'no host devices for a privileged container' }),
  cpus: Flags.string({ summary: 'number of CPUs, such as 1.5' }),
  'cpu-shares': Flags.integer({ summary: 'relative weight of the CPU', default: 1024 }),
  'cpuset-cpus': Flags.string({ summary: 'CPUs to run on, such as 0-2,4' }),
  'cpuset-mems': Flags.string({ summary: 'memory nodes to use' }),
  'rlimit-nofile': Flags.string({ summary: 'limit of open files, as SOFT[:HARD]' }),
}

/** Which flags of the last group `containers create` lacks: there they have no value. */
export interface ContainerFlags {
  readonly runtime: string
  readonly 'runtime-config-path': string | undefined
  readonly 'runc-binary': string | undefined
  readonly 'runc-root': string | undefined
  readonly 'runc-systemd-cgroup': boolean
  readonly snapshotter: string | undefined
  readonly 'snapshotter-label': readonly string[] | undefined
  readonly config: string | undefined
  readonly cwd: string | undefined
  readonly env: readonly string[] | undefined
  readonly 'env-file': string | undefined
  readonly label: readonly string[] | undefined
  readonly annotation: readonly string[] | undefined
  readonly mount: readonly string[] | undefined
  readonly 'net-host': boolean
  readonly privileged: boolean
  readonly 'read-only': boolean
  readonly sandbox: string | undefined
  readonly tty: boolean
  readonly 'with-ns': readonly string[] | undefined
  readonly gpus: readonly number[] | undefined
  readonly 'allow-new-privs': boolean
  readonly 'memory-limit': number | undefined
  readonly 'cap-add': readonly string[] | undefined
  readonly 'cap-drop': readonly string[] | undefined
  readonly seccomp: boolean
  readonly 'seccomp-profile': string | undefined
  readonly 'apparmor-default-profile': string | undefined
  readonly 'apparmor-profile': string | undefined
  readonly 'blockio-config-file': string | undefined
  readonly 'blockio-class': string | undefined
  readonly 'rdt-class': string | undefined
  readonly hostname: string | undefined
  readonly user: string | undefined
  readonly rootfs: boolean
  readonly 'cpu-quota': number
  readonly 'cpu-period': number | undefined
  readonly 'rootfs-propagation': string | undefined
  readonly device: readonly string[] | undefined
  readonly cgroup?: string | undefined
  readonly platform?: string | undefined
  readonly cni?: boolean
  readonly 'sync-fs'?: boolean
  readonly uidmap?: readonly string[] | undefined
  readonly gidmap?: readonly string[] | undefined
  readonly 'remap-labels'?: boolean
  readonly 'privileged-without-host-devices'?: boolean
  readonly cpus?: string | undefined
  readonly 'cpu-shares'?: number
  readonly 'cpuset-cpus'?: string | undefined
  readonly 'cpuset-mems'?: string | undefined
  readonly 'rlimit-nofile'?: string | undefined
}
