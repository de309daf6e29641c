// SPDX-License-Identifier: Apache-2.0
import { contentStoreConformance } from '@containerd-ts/conformance/content'
import { metadataConformance } from '@containerd-ts/conformance/metadata'
import { parseNamespace } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
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

describe('a namespace called version', () => {
  it('is refused with the code of the original, by name and by what is written into it', async () => {
    await using fixture = await lmdbFixture()
    const { metadata } = fixture
    const version = parseNamespace('version')
    const refused = { code: Code.Unknown, message: expect.stringContaining('incompatible value') as string }
    await expect(metadata.namespaces.create(version)).rejects.toMatchObject(refused)
    await expect(metadata.namespaces.update(version, { a: 'b' })).rejects.toMatchObject(refused)
    await expect(metadata.in(version).leases.create({ id: 'x' })).rejects.toMatchObject(refused)
    expect(await metadata.namespaces.labels(version)).toEqual({})
    expect(await Array.fromAsync(metadata.namespaces.list())).toEqual([])
  })
})
