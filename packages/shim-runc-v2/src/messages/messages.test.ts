// SPDX-License-Identifier: Apache-2.0
import { ScalarType } from '@bufbuild/protobuf'
import type { DescField, DescMessage, DescService } from '@bufbuild/protobuf'
import { WireType } from '@bufbuild/protobuf/wire'
import * as events from '@containerd-ts/api/events/task_pb'
import { Task as TaskV2 } from '@containerd-ts/api/runtime/task/v2/shim_pb'
import { Task as TaskV3 } from '@containerd-ts/api/runtime/task/v3/shim_pb'
import { MountSchema } from '@containerd-ts/api/types/mount_pb'
import * as options from '@containerd-ts/api/types/runc/options/oci_pb'
import { ProcessInfoSchema, Status } from '@containerd-ts/api/types/task/task_pb'
import type { Field } from '@containerd-ts/ttrpc'
import { describe, expect, it } from 'vitest'
import { wireStatus } from '../wire-status.ts'
import { checkpointOptions, processDetails, runcOptions } from './runc-options.ts'
import { mount, processInfo, taskServiceV2, taskServiceV3 } from './task-api.ts'
import * as taskEvents from './task-events.ts'

interface Described {
  readonly typeName: string
  readonly fields?: Readonly<Record<string, Field<unknown>>>
}

/** Fields that this shim neither reads nor sends. */
const unused = new Set(['parentCheckpoint', 'annotations', 'StateResponse.execId', 'TaskDelete.id'])

/** Name, number, wire type and zero value: what a mistake in a table could be about. */
const fieldsOf = ({ fields = {} }: Described) =>
  Object.entries(fields).map(([name, { number, wireType, initial }]) => ({ name, number, wireType, zero: initial() }))

const generatedFields = ({ name, fields }: DescMessage) =>
  fields
    .filter(({ localName }) => !unused.has(localName) && !unused.has(`${name}.${localName}`))
    .map((field) => ({ name: field.localName, number: field.number, wireType: wireTypeOf(field), zero: zeroOf(field) }))

function wireTypeOf(field: DescField): WireType {
  if (field.fieldKind === 'enum') return WireType.Varint
  const varint = field.scalar === ScalarType.BOOL || field.scalar === ScalarType.UINT32
  return varint ? WireType.Varint : WireType.LengthDelimited
}

function zeroOf(field: DescField): unknown {
  if (field.fieldKind === 'list') return []
  if (field.fieldKind === 'message') return undefined
  if (field.scalar === ScalarType.BOOL) return false
  return field.scalar === ScalarType.STRING ? '' : 0
}

const pairs: readonly (readonly [Described, DescMessage])[] = [
  [mount, MountSchema],
  [processInfo, ProcessInfoSchema],
  [runcOptions, options.OptionsSchema],
  [checkpointOptions, options.CheckpointOptionsSchema],
  [processDetails, options.ProcessDetailsSchema],
  [taskEvents.taskIo, events.TaskIOSchema],
  [taskEvents.taskCreate, events.TaskCreateSchema],
  [taskEvents.taskStart, events.TaskStartSchema],
  [taskEvents.taskDelete, events.TaskDeleteSchema],
  [taskEvents.taskExit, events.TaskExitSchema],
  [taskEvents.taskOom, events.TaskOOMSchema],
  [taskEvents.taskPaused, events.TaskPausedSchema],
  [taskEvents.taskResumed, events.TaskResumedSchema],
  [taskEvents.taskExecAdded, events.TaskExecAddedSchema],
  [taskEvents.taskExecStarted, events.TaskExecStartedSchema],
]

describe('messages by hand are those of the API', () => {
  it.each(pairs.map(([plain, generated]) => [generated.typeName, plain, generated] as const))(
    '%s',
    (_name, plain, generated) => {
      expect(plain.typeName).toBe(generated.typeName)
      expect(fieldsOf(plain)).toEqual(generatedFields(generated))
    },
  )

  it('every event has its pair', () => {
    expect(Object.values(taskEvents).every((event) => pairs.some(([plain]) => plain === event))).toBe(true)
  })
})

const services: readonly (readonly [typeof taskServiceV2, DescService])[] = [
  [taskServiceV2, TaskV2],
  [taskServiceV3, TaskV3],
]

describe.each(services)('service $typeName by hand', (plain, generated) => {
  it('has the name and the methods of the API', () => {
    expect(plain.typeName).toBe(generated.typeName)
    expect(Object.keys(plain.methods)).toEqual(generated.methods.map(({ name }) => name))
  })

  it.each(Object.entries(plain.methods))('has the messages of %s', (name, { input, output }) => {
    const method = generated.methods.find((each) => each.name === name)
    for (const [message, desc] of [
      [input, method?.input],
      [output, method?.output],
    ] as const) {
      expect(message.typeName).toBe(desc?.typeName)
      expect(fieldsOf(message)).toEqual(desc === undefined ? undefined : generatedFields(desc))
    }
  })
})

describe('status of a process', () => {
  it('has the numbers of the API', () => {
    const statuses = ['created', 'running', 'stopped', 'paused', 'pausing'] as const
    const numbers = [Status.CREATED, Status.RUNNING, Status.STOPPED, Status.PAUSED, Status.PAUSING]
    expect(statuses.map(wireStatus)).toEqual(numbers)
  })
})
