// SPDX-License-Identifier: Apache-2.0
import { create, toBinary } from '@bufbuild/protobuf'
import { JsonType, packJson } from '@containerd-ts/api'
import { RuntimeInfoSchema } from '@containerd-ts/api/types/introspection_pb'
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { checkIdmapSupport, usesIdmappedMounts } from './idmapped-mounts.ts'

const withMount = (mount: object) => packJson(JsonType.Spec, { mounts: [{ options: ['ro'] }, mount] })

describe('idmapped mounts of a spec', () => {
  it.each([{ uidMappings: [] }, { gidMappings: [{ size: 1 }] }, { options: ['idmap'] }, { options: ['rw', 'ridmap'] }])(
    'are seen in %j',
    (mount) => expect(usesIdmappedMounts(withMount(mount))).toBe(true),
  )

  it.each([
    withMount({ uidMappings: null, gidMappings: null, options: null }),
    packJson(JsonType.Spec, { linux: { uidMappings: [{ size: 1 }] } }),
    packJson(JsonType.Spec, { mounts: [null] }),
    { typeUrl: JsonType.Spec, value: Buffer.from('no JSON') },
    undefined,
  ])('are not seen elsewhere', (spec) => expect(usesIdmappedMounts(spec)).toBe(false))
})

describe('features of a runtime', () => {
  const infoOf = (features?: { typeUrl: string; value: Uint8Array }) =>
    toBinary(RuntimeInfoSchema, create(RuntimeInfoSchema, features && { features }))
  const idmap = (enabled: boolean | undefined) =>
    packJson(JsonType.Features, { linux: { mountExtensions: { idmap: { enabled } } } })

  it.each([
    ['that name idmapped mounts', idmap(true)],
    ['in terms of their own', { typeUrl: 'vendor.Features', value: Buffer.from('x') }],
  ])('are enough %s', (_case, features) => expect(() => checkIdmapSupport(infoOf(features))).not.toThrow())

  it.each([
    ['where idmapped mounts are disabled', idmap(false)],
    ['where nobody says whether they are enabled', idmap(undefined)],
    ['without an entry for them', packJson(JsonType.Features, {})],
    ['which it does not tell', undefined],
  ])('are not enough %s', (_case, features) =>
    expect(() => checkIdmapSupport(infoOf(features))).toThrow(expect.objectContaining({ code: Code.Unknown })),
  )
})
