// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Container, Mount, Snapshotter } from '@containerd-ts/core'
import type { RuntimeSpec } from './runtime-spec.ts'

/** The runtime spec in a container's record; absent for a record that has none. @throws {SyntaxError} it is no JSON */
export const containerSpec = ({ spec }: Pick<Container, 'spec'>): RuntimeSpec | undefined =>
  spec === undefined ? undefined : (JSON.parse(Buffer.from(spec.value).toString()) as RuntimeSpec)

/**
 * Mounts of the container's snapshot, labelled for SELinux where its spec says so. A container without a snapshot has
 * none: its spec names a directory.
 * @throws {NotFoundError} no such snapshot
 */
export async function containerRootfs(
  container: Container,
  snapshotter: (name: string) => Pick<Snapshotter, 'mounts'>,
  options: CallOptions = {},
): Promise<readonly Mount[]> {
  if (container.snapshotKey === '') return []
  const mounts = await snapshotter(container.snapshotter).mounts(container.snapshotKey, options)
  const label = containerSpec(container)?.linux?.mountLabel ?? ''
  return label === '' ? mounts : mounts.map((each) => ({ ...each, options: [...each.options, `context="${label}"`] }))
}
