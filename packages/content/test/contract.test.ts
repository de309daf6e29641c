// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentStoreConformance } from '@containerd-ts/conformance/content'
import { FsContentStore } from '@containerd-ts/content'

contentStoreConformance(
  'FsContentStore',
  { labels: false, deleteReportsMissing: false, localPaths: true },
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'content-'))
    return {
      store: new FsContentStore({ root }),
      [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
    }
  },
)
