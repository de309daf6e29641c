// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { IdMapping, NamespaceCalls, NamespaceKind } from '../namespace.ts'
import { CloneFlag } from '../process.ts'
import type { Fd } from '../types.ts'
import { checkInteger, guardAsync } from './guard.ts'
import { binding } from './load.ts'

const flags: Readonly<Record<NamespaceKind, number>> = {
  user: CloneFlag.newUser,
  mnt: CloneFlag.newNs,
  net: CloneFlag.newNet,
  ipc: CloneFlag.newIpc,
  uts: CloneFlag.newUts,
  cgroup: CloneFlag.newCgroup,
}

function mapText(mappings: readonly IdMapping[]): string {
  return mappings
    .map(({ containerId, hostId, size }) => {
      for (const value of [containerId, hostId, size]) checkInteger(value, 'id mapping', 0, 0xffffffff)
      return `${containerId} ${hostId} ${size}\n`
    })
    .join('')
}

export const namespaceCalls: NamespaceCalls = {
  async createNamespaces({ kinds, uidMappings = [], gidMappings = [] }) {
    if (kinds.length === 0) throw new InvalidArgumentError('no namespace is asked for')
    const mapped = uidMappings.length > 0 || gidMappings.length > 0
    if (mapped && !kinds.includes('user')) throw new InvalidArgumentError('id mappings need a user namespace')
    const union = kinds.reduce((all, kind) => all | flags[kind], 0)
    const fds = await guardAsync(() =>
      binding().createNamespaces(union, mapText(uidMappings), mapText(gidMappings), kinds),
    )
    return Object.fromEntries(kinds.map((kind, i) => [kind, fds[i] as Fd]))
  },
}
