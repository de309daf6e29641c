// SPDX-License-Identifier: Apache-2.0
import { parseNamespace } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { expect, it } from 'vitest'
import { lmdbFixture } from './metadata-fixture.ts'

const name = parseNamespace('n')
const oversized = 'x'.repeat(4096)

it('labels that are too large fail a create as invalid, an update with the code of the original', async () => {
  await using fixture = await lmdbFixture()
  const { namespaces } = fixture.metadata
  await expect(namespaces.create(name, { a: oversized })).rejects.toMatchObject({ code: Code.InvalidArgument })
  const refused = { code: Code.Unknown, message: expect.stringMatching(/^namespace\.Labels: label key and/) as string }
  await expect(namespaces.update(name, { a: oversized })).rejects.toMatchObject(refused)
  await expect(namespaces.update(name, { a: oversized }, ['labels.a'])).rejects.toMatchObject(refused)
  await expect(namespaces.update(name, {}, [`labels.${oversized}x`])).rejects.toMatchObject(refused)
  expect(await Array.fromAsync(namespaces.list())).toEqual([])
})

it('labels outside the mask of an update are not looked at', async () => {
  await using fixture = await lmdbFixture()
  const { namespaces } = fixture.metadata
  await namespaces.update(name, { a: '1', b: oversized }, ['labels.a'])
  expect(await namespaces.labels(name)).toEqual({ a: '1' })
})

it('an update tells of the labels as they were given', async () => {
  await using fixture = await lmdbFixture()
  const { namespaces } = fixture.metadata
  await namespaces.update(name, { a: '1', b: '2' })
  await namespaces.update(name, { a: '', c: '3', ignored: '4' }, ['labels.a', 'labels.c'])
  expect(await namespaces.labels(name)).toEqual({ b: '2', c: '3' })
  expect(fixture.events.published.map(({ event }) => event)).toEqual([
    { topic: '/namespaces/update', name, labels: { a: '1', b: '2' } },
    { topic: '/namespaces/update', name, labels: { a: '', c: '3', ignored: '4' } },
  ])
})
