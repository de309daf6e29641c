// SPDX-License-Identifier: Apache-2.0
import { contentStoreConformance, MemoryContentStore } from './content.ts'

contentStoreConformance(
  'MemoryContentStore',
  { labels: true, deleteReportsMissing: true, localPaths: false },
  async () => ({
    store: new MemoryContentStore(),
    [Symbol.asyncDispose]: async () => {},
  }),
)
