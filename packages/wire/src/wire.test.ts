// SPDX-License-Identifier: Apache-2.0
import { isZeroTimestamp, unpackMessage } from '@containerd-ts/api'
import { SnapshotPrepareSchema } from '@containerd-ts/api/events/snapshot_pb'
import { TaskExitSchema } from '@containerd-ts/api/events/task_pb'
import { create } from '@bufbuild/protobuf'
import { AnySchema, TimestampSchema } from '@bufbuild/protobuf/wkt'
import { parseDigest } from '@containerd-ts/core'
import type { Container, Image, ProcessState, SnapshotInfo } from '@containerd-ts/core'
import { describe, expect, it } from 'vitest'
import { protobufEvents } from './event-codec.ts'
import {
  fromAny,
  fromContainer,
  fromEnvelope,
  fromImage,
  fromMount,
  fromProcess,
  fromSnapshotInfo,
  toContainer,
  toEnvelope,
  toImage,
  toMount,
  toProcess,
  toSnapshotInfo,
} from './index.ts'

const createdAt = new Date('2024-01-02T03:04:05.678Z')
const updatedAt = new Date('2025-01-02T03:04:05.678Z')
const any = { typeUrl: 'x', value: new Uint8Array([1, 2]) }

describe('wire', () => {
  it('brings domain values back as they were', () => {
    const image: Image = {
      name: 'n',
      target: {
        mediaType: 'm',
        digest: parseDigest(`sha256:${'a'.repeat(64)}`),
        sizeBytes: 2 ** 40,
        annotations: { a: 'b' },
      },
      labels: { l: '1' },
      createdAt,
      updatedAt,
    }
    const container: Container = {
      id: 'c',
      image: 'n',
      labels: {},
      runtime: { name: 'r', options: any },
      spec: any,
      snapshotter: 's',
      snapshotKey: 'k',
      sandboxId: 'sb',
      extensions: { e: any },
      createdAt,
      updatedAt,
    }
    const snapshot: SnapshotInfo = { kind: 'committed', name: 'n', parent: 'p', labels: {}, createdAt, updatedAt }
    const mount = { type: 'bind', source: '/a', target: 'sub', options: ['ro'] }
    expect(fromImage(toImage(image))).toEqual(image)
    expect(fromContainer(toContainer(container))).toEqual(container)
    expect(fromSnapshotInfo(toSnapshotInfo(snapshot))).toEqual(snapshot)
    expect(fromMount(toMount(mount))).toEqual(mount)
  })

  it('sends year 1 for a process that has not ended, and reads it as no exit', () => {
    const running: ProcessState = {
      id: 'c',
      pid: 1,
      status: 'running',
      stdin: '',
      stdout: '',
      stderr: '',
      terminal: false,
    }
    const message = toProcess(running)
    expect(isZeroTimestamp(message.exitedAt)).toBe(true)
    expect(message.containerId).toBe('')
    expect(fromProcess(message).exit).toBeUndefined()
    const ended = { ...running, status: 'stopped' as const, exit: { status: 137, at: { date: createdAt, nanos: 5 } } }
    expect(fromProcess(toProcess(ended))).toEqual(ended)
  })

  it('takes an empty Any for none', () => {
    expect(fromAny(create(AnySchema))).toBeUndefined()
    expect(fromAny(undefined)).toBeUndefined()
  })

  it('keeps nanoseconds of envelopes, reads an absent time as 1970 and keeps year 1 apart', () => {
    const envelope = { timestamp: createdAt, timestampNanos: 123, namespace: 'n', topic: '/t', event: any }
    expect(fromEnvelope(toEnvelope(envelope))).toEqual(envelope)
    const message = toEnvelope(envelope)
    delete message.timestamp
    expect(fromEnvelope(message).timestamp.getTime()).toBe(0)
    message.timestamp = create(TimestampSchema, { seconds: -62_135_596_800n })
    expect(fromEnvelope(message).timestamp.getUTCFullYear()).toBe(1)
  })

  it('encodes events as the original does, and finds their fields', () => {
    const prepared = protobufEvents.encode({ topic: '/snapshot/prepare', snapshotter: 's', key: 'k', parent: 'p' })
    expect(prepared.typeUrl).toBe('containerd.events.SnapshotPrepare')
    expect(unpackMessage(SnapshotPrepareSchema, create(AnySchema, prepared))).toMatchObject({
      key: 'k',
      snapshotter: 's',
    })
    const exit = protobufEvents.encode({
      topic: '/tasks/exit',
      containerId: 'c',
      id: 'e',
      pid: 3,
      exitStatus: 137,
      exitedAt: createdAt,
    })
    expect(unpackMessage(TaskExitSchema, create(AnySchema, exit))?.exitStatus).toBe(137)
    expect(protobufEvents.field(exit, ['container_id'])).toBe('c')
    expect(protobufEvents.field(exit, ['pid'])).toBeUndefined()
    expect(protobufEvents.encode({ topic: '/images/delete', name: 'x' }).typeUrl).toBe(
      'containerd.services.images.v1.ImageDelete',
    )
  })
})
