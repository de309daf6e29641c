// SPDX-License-Identifier: Apache-2.0
import { namespaceContentConformance } from './metadata-content.ts'
import type { MetadataSetup } from './metadata-fixture.ts'
import { recordConformance } from './metadata-records.ts'
import { namespaceSnapshotConformance } from './metadata-snapshots.ts'

export { MemorySnapshotBackend, RecordingPublisher } from './metadata-backends.ts'
export type { MetadataFixture, MetadataSetup } from './metadata-fixture.ts'

/** The `Metadata` contract: records, content and snapshots of namespaces. */
export function metadataConformance(name: string, setup: MetadataSetup): void {
  recordConformance(name, setup)
  namespaceContentConformance(name, setup)
  namespaceSnapshotConformance(name, setup)
}
