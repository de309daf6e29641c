// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { create } from '@bufbuild/protobuf'
import { anyPack, AnySchema } from '@bufbuild/protobuf/wkt'
import { Code, toWireStatus } from '@containerd-ts/errdefs'
import { ContainerCreateSchema } from '@containerd-ts/api/events/container_pb'
import { ImageCreateSchema } from '@containerd-ts/api/events/image_pb'
import { TaskCreateSchema, TaskExitSchema } from '@containerd-ts/api/events/task_pb'
import { describe, expect, it } from 'vitest'
import { eventField, eventSchemas } from './events.ts'
import { JsonType, packJson, packMessage, toTimestamp } from './index.ts'
import { anyToGoJson, decodeAny, loadSchema, messageNames } from './registry.ts'

describe('registry', () => {
  it('knows every message, nested ones too', async () => {
    expect(messageNames.length).toBeGreaterThan(300)
    for (const name of [
      'containerd.services.containers.v1.Container.Runtime',
      'io.containerd.cgroups.v1.Metrics',
      'ttrpc.Request',
    ]) {
      expect((await loadSchema(name)).typeName).toBe(name)
    }
  })

  it('accepts a prefix', async () => {
    expect(await decodeAny(anyPack(ImageCreateSchema, create(ImageCreateSchema, { name: 'x' })))).toMatchObject({
      kind: 'message',
      message: { name: 'x' },
    })
  })

  it('answers Unknown, naming the URL, for a type it does not have', async () => {
    const error: unknown = await loadSchema('example.com/nothing.Here').catch((e: unknown) => e)
    expect(toWireStatus(error)).toEqual({
      code: Code.Unknown,
      message: 'type with url example.com/nothing.Here: not found',
    })
    await expect(loadSchema('constructor')).rejects.toMatchObject({ code: Code.Unknown })
  })

  it('opens JSON types', async () => {
    expect(await decodeAny(packJson(JsonType.Process, { cwd: '/' }))).toMatchObject({
      kind: 'json',
      value: { cwd: '/' },
    })
  })

  it('loads no message module before it is asked', () => {
    const program = `
      import { registerHooks } from 'node:module'
      const loaded = []
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
      await import('@containerd-ts/api/registry')
      console.log(loaded.filter((url) => url.endsWith('_pb.js') && url.includes('/gen/') && !url.includes('@bufbuild')).length)`
    const args = ['--conditions=@containerd-ts/source', '--input-type=module', '-e', program]
    expect(execFileSync(process.execPath, args, { encoding: 'utf8', cwd: import.meta.dirname }).trim()).toBe('0')
  })
})

describe("Go's JSON", () => {
  it('prints an exit as ctr events does', async () => {
    const exit = packMessage(TaskExitSchema, {
      containerId: 'c',
      id: 'c',
      pid: 7,
      exitedAt: toTimestamp(new Date(1_700_000_000_123)),
    })
    expect(await anyToGoJson(exit)).toBe(
      '{"container_id":"c","id":"c","pid":7,"exited_at":{"seconds":1700000000,"nanos":123000000}}',
    )
  })

  it('sorts map keys and escapes what Go escapes', async () => {
    const image = packMessage(ImageCreateSchema, { name: 'a<b>&', labels: { z: '1', a: '2' } })
    expect(await anyToGoJson(image)).toBe('{"name":"a\\u003cb\\u003e\\u0026","labels":{"a":"2","z":"1"}}')
  })

  it('prints a nested Any as URL and base64, nested messages and lists in order', async () => {
    const created = packMessage(ContainerCreateSchema, {
      id: 'x',
      runtime: {
        name: 'io.containerd.runc.v2',
        options: create(AnySchema, { typeUrl: 't', value: Buffer.from('hi') }),
      },
    })
    expect(await anyToGoJson(created)).toBe(
      '{"id":"x","runtime":{"name":"io.containerd.runc.v2","options":{"type_url":"t","value":"aGk="}}}',
    )
    const task = packMessage(TaskCreateSchema, {
      rootfs: [{ type: 'bind', options: ['ro', 'rbind'] }],
      io: { terminal: true },
    })
    expect(await anyToGoJson(task)).toBe('{"rootfs":[{"type":"bind","options":["ro","rbind"]}],"io":{"terminal":true}}')
  })
})

describe('event fields for filters', () => {
  const event = packMessage(TaskCreateSchema, { containerId: 'c1', pid: 9, io: { stdin: '/in', terminal: true } })

  it('sees strings, booleans and nested messages', () => {
    expect(eventField(event, ['container_id'])).toBe('c1')
    expect(eventField(event, ['io', 'stdin'])).toBe('/in')
    expect(eventField(event, ['io', 'terminal'])).toBe('true')
  })

  it('sees map entries under keys with dots', () => {
    const image = packMessage(ImageCreateSchema, { labels: { 'a.b/c': 'v' } })
    expect(eventField(image, ['labels', 'a', 'b/c'])).toBe('v')
    expect(eventField(image, ['labels', 'none'])).toBeUndefined()
  })

  it('never sees numbers, lists, unknown fields or unknown types', () => {
    expect(eventField(event, ['pid'])).toBeUndefined()
    expect(eventField(event, ['rootfs'])).toBeUndefined()
    expect(eventField(event, ['nope'])).toBeUndefined()
    expect(eventField({ typeUrl: 'no.Such', value: new Uint8Array() }, ['id'])).toBeUndefined()
  })

  it('has all events', () => {
    expect(eventSchemas.has('containerd.services.images.v1.ImageDelete')).toBe(true)
    expect(eventSchemas.has('containerd.events.TaskCheckpointed')).toBe(true)
  })
})
