// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto'
import type { CompareOptions, Descriptor, Mount, NamespaceView, Snapshotter } from '@containerd-ts/core'
import type { CallOptions, Differ } from '@containerd-ts/core'

export interface DiffRequest {
  readonly snapshotter: string
  /** What the changes are to; by default the parent of `upper`, or nothing. */
  readonly lower?: string | undefined
  readonly upper: string
}

/** Makes a layer of what one snapshot changes over another. Hold a lease, or garbage collection may take it. */
export async function diffSnapshots(
  client: Pick<NamespaceView, 'content' | 'snapshotter'> & { readonly differ: Differ },
  request: DiffRequest,
  options: CompareOptions,
): Promise<Descriptor> {
  const call = { signal: options.signal, lease: options.lease }
  const snapshotter = client.snapshotter(request.snapshotter)
  const parent = request.lower ?? (await snapshotter.stat(request.upper, call)).parent
  await using lower = await mountsOf(snapshotter, parent, call)
  await using upper = await mountsOf(snapshotter, request.upper, call)
  return await client.differ.compare(lower.mounts, upper.mounts, client.content, options)
}

/** Mounts of a snapshot: its own, or for a committed one those of a view that disposal removes. */
async function mountsOf(
  snapshotter: Snapshotter,
  name: string | undefined,
  options: CallOptions,
): Promise<AsyncDisposable & { readonly mounts: readonly Mount[] }> {
  const committed = name === undefined || (await snapshotter.stat(name, options)).kind === 'committed'
  if (!committed) return { mounts: await snapshotter.mounts(name, options), [Symbol.asyncDispose]: async () => {} }
  const key = `${name ?? 'empty'}-view-${randomUUID()}`
  const mounts = await snapshotter.view(key, name, options)
  return { mounts, [Symbol.asyncDispose]: () => snapshotter.remove(key) }
}
