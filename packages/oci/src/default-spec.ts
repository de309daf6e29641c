// SPDX-License-Identifier: Apache-2.0
import { defaultCapabilities } from './capabilities.ts'
import { hostPlatform } from './platform.ts'
import type { Platform } from './platform.ts'
import type { RuntimeSpec, SpecMount } from './runtime-spec.ts'

/** Version of the runtime specification that specs claim. */
export const runtimeSpecVersion = '1.3.0'

const mount = (destination: string, type: string, source: string, options: string): SpecMount => ({
  destination,
  type,
  source,
  options: options.split(' '),
})

/** Mounts of every Linux container, in order. */
export const defaultMounts = (): SpecMount[] => [
  mount('/proc', 'proc', 'proc', 'nosuid noexec nodev'),
  mount('/dev', 'tmpfs', 'tmpfs', 'nosuid strictatime mode=755 size=65536k'),
  mount('/dev/pts', 'devpts', 'devpts', 'nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5'),
  mount('/dev/shm', 'tmpfs', 'shm', 'nosuid noexec nodev mode=1777 size=65536k'),
  mount('/dev/mqueue', 'mqueue', 'mqueue', 'nosuid noexec nodev'),
  mount('/sys', 'sysfs', 'sysfs', 'nosuid noexec nodev ro'),
  mount('/run', 'tmpfs', 'tmpfs', 'nosuid strictatime mode=755 size=65536k'),
]

const maskedPaths =
  '/proc/acpi /proc/asound /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/timer_stats ' +
  '/proc/sched_debug /sys/firmware /sys/devices/virtual/powercap /proc/scsi'
const readonlyPaths = '/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger'

export interface DefaultSpecRequest {
  /** containerd namespace; becomes the cgroup's parent. */
  readonly namespace: string
  /** Container id. */
  readonly id: string
  /** Default: this machine's. */
  readonly platform?: Platform | undefined
}

/** The spec that options start from. */
export function defaultSpec({ namespace, id, platform = hostPlatform() }: DefaultSpecRequest): RuntimeSpec {
  if (platform.os === 'windows') {
    return {
      ociVersion: runtimeSpecVersion,
      root: { path: '' },
      process: { cwd: 'C:\\', user: { uid: 0, gid: 0 } },
      windows: {},
    }
  }
  if (platform.os === 'darwin')
    return { ociVersion: runtimeSpecVersion, process: { cwd: '/', user: { uid: 0, gid: 0 } } }
  return {
    ociVersion: runtimeSpecVersion,
    process: {
      user: { uid: 0, gid: 0 },
      cwd: '/',
      capabilities: {
        bounding: [...defaultCapabilities],
        effective: [...defaultCapabilities],
        permitted: [...defaultCapabilities],
      },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs' },
    mounts: defaultMounts(),
    linux: {
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      cgroupsPath: `/${namespace}/${id}`,
      namespaces: [{ type: 'pid' }, { type: 'ipc' }, { type: 'uts' }, { type: 'mount' }, { type: 'network' }],
      maskedPaths: maskedPaths.split(' '),
      readonlyPaths: readonlyPaths.split(' '),
    },
  }
}
