// SPDX-License-Identifier: Apache-2.0

/** Annotations by which the runc shim groups containers into one process, the first present wins. */
export const RUNC_GROUP_ANNOTATIONS = ['io.containerd.runc.v2.group', 'io.kubernetes.cri.sandbox-id'] as const

/**
 * Whether a daemon can launch the server of this shim itself, without its `start`: the runc shim of the daemon's own
 * release, which agrees with it about sockets, flags and environment of a server. Another's `start` may do anything.
 */
export function launchesDirectly(binaryName: string, versionOutput: string, daemonVersion: string): boolean {
  const version = /^\s*Version:\s*(\S+)$/m.exec(versionOutput)?.[1]
  return binaryName === 'containerd-shim-runc-v2' && version === daemonVersion && version.includes('+ts.')
}
