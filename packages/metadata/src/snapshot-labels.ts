// SPDX-License-Identifier: Apache-2.0
import { keyOfPath, LabelKey, type Labels } from '@containerd-ts/core'

/** Labels that mean something to a backend; all others stay in the metadata. */
const isBackendLabel = (key: string): boolean => key === LabelKey.snapshotRef || key.startsWith(LabelKey.snapshotPrefix)

export const backendLabels = (labels: Labels | undefined): Labels =>
  Object.fromEntries(Object.entries(labels ?? {}).filter(([key]) => isBackendLabel(key)))

/** Paths of an update that concern the backend. */
export function isBackendPath(path: string): boolean {
  const key = keyOfPath(path, 'labels')
  return path === 'labels' || (key !== undefined && isBackendLabel(key))
}
