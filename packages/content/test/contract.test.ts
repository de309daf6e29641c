// SPDX-License-Identifier: Apache-2.0
import { contentStoreConformance } from '@containerd-ts/conformance/content'
import { FsContentStore } from '@containerd-ts/content'
import { tempRoot } from '@containerd-ts/testkit'

const traits = { labels: false, deleteReportsMissing: false, localPaths: true }

contentStoreConformance('FsContentStore', traits, async () => {
  const root = await tempRoot('content-')
  return { store: new FsContentStore({ root: root.path }), [Symbol.asyncDispose]: () => root[Symbol.asyncDispose]() }
})
