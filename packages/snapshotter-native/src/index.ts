// SPDX-License-Identifier: Apache-2.0
export { NativeSnapshotter } from './native-snapshotter.ts'
export type { NativeSnapshotterInit } from './native-snapshotter.ts'
