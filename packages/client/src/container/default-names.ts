// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Labels, Namespace, NamespaceStore } from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'

const snapshotterLabel = 'containerd.io/defaults/snapshotter'
const platformSnapshotter = 'overlayfs'

/** The snapshotter of whoever names none: the namespace's, else the platform's. */
export async function defaultSnapshotter(
  namespaces: NamespaceStore,
  namespace: Namespace,
  options?: CallOptions,
): Promise<string> {
  const labels = await namespaces.labels(namespace, options).catch((error: unknown): Labels => {
    if (isNotFound(error)) return {} // it comes into being with what is made in it
    throw error
  })
  return labels[snapshotterLabel] ?? platformSnapshotter
}
