// SPDX-License-Identifier: Apache-2.0
import { create, toBinary } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { Code } from '@containerd-ts/errdefs'
import { OptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import { SnapshotPrepareSchema } from '@containerd-ts/api/events/snapshot_pb'
import { TaskStartSchema } from '@containerd-ts/api/events/task_pb'
import { describe, expect, it } from 'vitest'
import { isJsonType, isMessage, JsonType, packJson, packMessage, unpackJson, unpackMessage } from './index.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('messages in an Any', () => {
  it('carry their bare full name', () => {
    const any = packMessage(OptionsSchema, { binaryName: 'runc', systemdCgroup: true })
    expect(any.typeUrl).toBe('containerd.runc.v1.Options')
    expect(hex(any.value)).toBe('320472756e634801') // field 6 "runc", field 9 true
  })

  it('have these bytes on the wire', () => {
    const any = packMessage(TaskStartSchema, { containerId: 'c1', pid: 300 })
    expect(hex(toBinary(AnySchema, any))).toBe(
      '0a1b' + hex(Buffer.from('containerd.events.TaskStart')) + '1207' + '0a026331' + '10ac02',
    )
  })

  it('keep the original numbers: the snapshotter is field 5', () => {
    expect(hex(packMessage(SnapshotPrepareSchema, { key: 'k', snapshotter: 's' }).value)).toBe('0a016b2a0173')
  })

  it('open under any prefix and as no other type', () => {
    const any = packMessage(TaskStartSchema, { containerId: 'c1' })
    for (const prefix of ['', 'type.googleapis.com/', 'example.com/a/b/']) {
      const prefixed = create(AnySchema, { ...any, typeUrl: prefix + any.typeUrl })
      expect(isMessage(prefixed, TaskStartSchema)).toBe(true)
      expect(unpackMessage(TaskStartSchema, prefixed)?.containerId).toBe('c1')
    }
    expect(unpackMessage(OptionsSchema, any)).toBeUndefined()
    expect(unpackMessage(OptionsSchema, undefined)).toBeUndefined()
  })

  it('fail as an invalid argument when the bytes are broken', () => {
    const any = create(AnySchema, { typeUrl: 'containerd.events.TaskStart', value: Buffer.from('0aff', 'hex') })
    expect(() => unpackMessage(TaskStartSchema, any)).toThrow(expect.objectContaining({ code: Code.InvalidArgument }))
  })
})

describe('JSON in an Any', () => {
  it('lies under the runtime spec URLs', () => {
    const any = packJson(JsonType.Spec, { ociVersion: '1.2.0' })
    expect(any.typeUrl).toBe('types.containerd.io/opencontainers/runtime-spec/1/Spec')
    expect(Buffer.from(any.value).toString()).toBe('{"ociVersion":"1.2.0"}')
    expect(unpackJson(JsonType.Spec, any)).toEqual({ ociVersion: '1.2.0' })
    expect(unpackJson(JsonType.Process, any)).toBeUndefined()
    expect(JsonType.Features).toBe('types.containerd.io/opencontainers/runtime-spec/1/features/Features')
  })

  it('matches as a whole', () => {
    expect(isJsonType('types.containerd.io/opencontainers/runtime-spec/1/Spec')).toBe(true)
    expect(isJsonType('x/types.containerd.io/opencontainers/runtime-spec/1/Spec')).toBe(false)
  })

  it('fails as an invalid argument when it is none', () => {
    const any = create(AnySchema, { typeUrl: JsonType.Process, value: Buffer.from('{') })
    expect(() => unpackJson(JsonType.Process, any)).toThrow(expect.objectContaining({ code: Code.InvalidArgument }))
  })
})
