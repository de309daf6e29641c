// SPDX-License-Identifier: Apache-2.0
import { contentStoreConformance } from '@containerd-ts/conformance/content'
import { metadataConformance } from '@containerd-ts/conformance/metadata'
import { parseNamespace } from '@containerd-ts/core'
import { lmdbFixture } from './metadata-fixture.ts'

metadataConformance('LmdbMetadata', lmdbFixture)

contentStoreConformance(
  'LmdbMetadata over FsContentStore',
  { labels: true, deleteReportsMissing: true, localPaths: true },
  async () => {
    const fixture = await lmdbFixture()
    const store = fixture.metadata.in(parseNamespace('default')).content
    return { store, [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() }
  },
)
