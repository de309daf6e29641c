// SPDX-License-Identifier: Apache-2.0
import { gcConformance } from '@containerd-ts/conformance/gc'
import { digestOf, LabelKey, parseNamespace } from '@containerd-ts/core'
import { expect, it } from 'vitest'
import { lmdbFixture } from './metadata-fixture.ts'

gcConformance('ConcurrentCollector', lmdbFixture)

it.each(['2020', '2020-01-01', 'Wed, 01 Jan 2020 00:00:00 GMT'])(
  'an expiry that is not RFC 3339, such as %s, takes nothing away',
  async (expiry) => {
    await using fixture = await lmdbFixture()
    const { images, leases } = fixture.metadata.in(parseNamespace('default'))
    const labels = { [LabelKey.gcExpire]: expiry }
    const target = { mediaType: 'test', digest: digestOf('sha256', 'a'.repeat(64)), sizeBytes: 1 }
    await leases.create({ id: 'l', labels })
    await images.create({ name: 'i', target, labels })
    await fixture.collector.collect()
    expect(await Array.fromAsync(leases.list())).toHaveLength(1)
    expect(await Array.fromAsync(images.list())).toHaveLength(1)
  },
)
