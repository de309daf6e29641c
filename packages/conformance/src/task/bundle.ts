// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface BundleRequest {
  readonly args: readonly string[]
  readonly terminal?: boolean | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** Share the host's pid namespace. */
  readonly hostPid?: boolean | undefined
  /** Limit of the memory cgroup. */
  readonly memoryBytes?: number | undefined
}

const capabilities = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_KILL', 'CAP_SETUID', 'CAP_SETGID', 'CAP_SYS_CHROOT']

/** An OCI process that runs `args` in a busybox root file system. */
export const processOf = (args: readonly string[], terminal = false) => ({
  terminal,
  user: { uid: 0, gid: 0 },
  args,
  env: ['PATH=/bin:/sbin:/usr/bin:/usr/sbin', 'TERM=xterm'],
  cwd: '/',
  capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
})

/** Writes a bundle as the daemon does: spec, and an empty root file system to mount on. */
export async function writeBundle(directory: string, cgroupsPath: string, request: BundleRequest): Promise<void> {
  await mkdir(join(directory, 'rootfs'), { recursive: true })
  const { args, terminal, annotations = {}, hostPid, memoryBytes } = request
  const kinds = ['ipc', 'uts', 'mount', 'network', ...(hostPid === true ? [] : ['pid'])]
  const mount = (destination: string, type: string, options: readonly string[] = []) => ({
    destination,
    type,
    source: type,
    options,
  })
  const spec = {
    ociVersion: '1.0.2',
    process: processOf(args, terminal),
    root: { path: 'rootfs' },
    hostname: 'conformance',
    annotations,
    mounts: [
      mount('/proc', 'proc'),
      mount('/dev', 'tmpfs', ['mode=755']),
      mount('/dev/pts', 'devpts', ['newinstance', 'ptmxmode=0666']),
    ],
    linux: {
      cgroupsPath,
      namespaces: kinds.map((type) => ({ type })),
      resources: {
        devices: [{ allow: true, access: 'rwm' }],
        ...(memoryBytes !== undefined && { memory: { limit: memoryBytes, swap: memoryBytes } }),
      },
    },
  }
  await writeFile(join(directory, 'config.json'), JSON.stringify(spec))
}
