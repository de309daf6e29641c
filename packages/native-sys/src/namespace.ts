// SPDX-License-Identifier: Apache-2.0
import type { Fd } from './types.ts'

export type NamespaceKind = 'user' | 'mnt' | 'net' | 'ipc' | 'uts' | 'cgroup'

export interface IdMapping {
  readonly containerId: number
  readonly hostId: number
  readonly size: number
}

export interface NamespacesRequest {
  readonly kinds: readonly NamespaceKind[]
  /** Needed with `user`. */
  readonly uidMappings?: readonly IdMapping[]
  readonly gidMappings?: readonly IdMapping[]
}

export interface NamespaceCalls {
  /** Makes namespaces that live as long as the returned fds (or a bind mount of `/proc/self/fd/N`). */
  createNamespaces(request: NamespacesRequest): Promise<Readonly<Partial<Record<NamespaceKind, Fd>>>>
}
