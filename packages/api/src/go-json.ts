// SPDX-License-Identifier: Apache-2.0
import { ScalarType } from '@bufbuild/protobuf'
import type { DescField, DescMessage, Message } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import type { ReflectMessage } from '@bufbuild/protobuf/reflect'

/**
 * A message as Go's `encoding/json` prints its generated struct, which is not protobuf's own JSON: names as in
 * the `.proto`, zero fields left out, enums and 64-bit integers as numbers, timestamps as seconds and nanos,
 * a nested Any as type URL and base64, map keys sorted.
 */
export function goJson(schema: DescMessage, message: Message): string {
  return printMessage(reflect(schema, message))
}

/** JSON with the characters escaped that Go escapes. */
export function goJsonText(value: unknown): string {
  return escapeLikeGo(JSON.stringify(value))
}

function printMessage(message: ReflectMessage): string {
  const members: string[] = []
  for (const field of message.fields) {
    if (message.isSet(field)) members.push(`${JSON.stringify(field.name)}:${printField(message, field)}`)
  }
  return `{${members.join(',')}}`
}

function printField(message: ReflectMessage, field: DescField): string {
  switch (field.fieldKind) {
    case 'message':
      return printMessage(message.get(field))
    case 'list': {
      const items = [...message.get(field)]
      return `[${items.map((item) => printValue(item, field.listKind === 'scalar' ? field.scalar : undefined)).join(',')}]`
    }
    case 'map': {
      const scalar = field.mapKind === 'scalar' ? field.scalar : undefined
      const entries = [...message.get(field)].map(([key, value]) => [String(key), printValue(value, scalar)] as const)
      entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      return `{${entries.map(([key, value]) => `${goJsonText(key)}:${value}`).join(',')}}`
    }
    case 'enum':
      return printValue(message.get(field), undefined)
    case 'scalar':
      return printValue(message.get(field), field.scalar)
  }
}

function printValue(value: unknown, scalar: ScalarType | undefined): string {
  if (scalar === ScalarType.BYTES) return `"${Buffer.from(value as Uint8Array).toString('base64')}"`
  if (typeof value === 'bigint' || typeof value === 'number') return String(value)
  if (typeof value === 'object' && value !== null) return printMessage(value as ReflectMessage)
  return goJsonText(value)
}

function escapeLikeGo(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
