// SPDX-License-Identifier: Apache-2.0
export { OverlaySnapshotter } from './overlay-snapshotter.ts'
export type { OverlayConfig } from './overlay-config.ts'
export type { OverlaySnapshotterInit } from './overlay-snapshotter.ts'
