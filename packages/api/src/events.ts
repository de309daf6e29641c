// SPDX-License-Identifier: Apache-2.0
import { fromBinary } from '@bufbuild/protobuf'
import type { DescMessage } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import type { ReflectMessage } from '@bufbuild/protobuf/reflect'
import type { Any } from '@bufbuild/protobuf/wkt'
import { file_events_container } from '@containerd-ts/api/events/container_pb'
import { file_events_content } from '@containerd-ts/api/events/content_pb'
import { file_events_image } from '@containerd-ts/api/events/image_pb'
import { file_events_namespace } from '@containerd-ts/api/events/namespace_pb'
import { file_events_sandbox } from '@containerd-ts/api/events/sandbox_pb'
import { file_events_snapshot } from '@containerd-ts/api/events/snapshot_pb'
import { file_events_task } from '@containerd-ts/api/events/task_pb'
import { typeNameOf } from './any.ts'

const files = [
  file_events_container,
  file_events_content,
  file_events_image,
  file_events_namespace,
  file_events_sandbox,
  file_events_snapshot,
  file_events_task,
]

/** Every event of the daemon and its shims, by full message name. */
export const eventSchemas: ReadonlyMap<string, DescMessage> = new Map(
  files.flatMap((file) => file.messages.map((message) => [message.typeName, message] as const)),
)

/**
 * Looks a field of an encoded event up for filters. As in the original only strings, booleans, string maps and
 * what lies in nested messages can be seen: numbers, times and lists are never present. The rest of the path
 * after a map's name is one key.
 */
export function eventField(event: Pick<Any, 'typeUrl' | 'value'>, path: readonly string[]): string | undefined {
  const schema = eventSchemas.get(typeNameOf(event.typeUrl))
  if (schema === undefined) return undefined
  try {
    return lookup(reflect(schema, fromBinary(schema, event.value)), path)
  } catch {
    return undefined // bytes of another type: no field is present
  }
}

function lookup(message: ReflectMessage, [name, ...rest]: readonly string[]): string | undefined {
  const field = message.fields.find((candidate) => candidate.name === name)
  if (field === undefined) return undefined
  if (field.fieldKind === 'message') return message.isSet(field) ? lookup(message.get(field), rest) : undefined
  if (field.fieldKind === 'map') {
    const value: unknown = message.get(field).get(rest.join('.'))
    return typeof value === 'string' ? value : undefined
  }
  if (field.fieldKind !== 'scalar' || rest.length > 0) return undefined
  const value: unknown = message.get(field)
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}
