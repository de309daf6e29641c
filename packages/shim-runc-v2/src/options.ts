// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TypedAny } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { PlainMessage } from '@containerd-ts/ttrpc'
import { checkpointOptions, runcOptions } from './messages/runc-options.ts'
import type { CheckpointOptions, Options } from './messages/runc-options.ts'

export type { CheckpointOptions, Options }

/** The runc options of a task; absent or empty means the defaults. @throws {InvalidArgumentError} another type */
export const decodeOptions = (any: TypedAny | undefined): Options => decode(runcOptions, 'runtime', any)

/** @throws {InvalidArgumentError} another type */
export const decodeCheckpointOptions = (any: TypedAny | undefined): CheckpointOptions =>
  decode(checkpointOptions, 'checkpoint', any)

function decode<T>(message: PlainMessage<T>, what: string, any: TypedAny | undefined): T {
  const { typeUrl, value } = any ?? { typeUrl: '', value: new Uint8Array(0) }
  const isDefault = typeUrl === '' && value.length === 0
  if (!isDefault && typeUrl.slice(typeUrl.lastIndexOf('/') + 1) !== message.typeName)
    throw new InvalidArgumentError(`${what} options of type ${typeUrl}`)
  try {
    return message.decode(value)
  } catch (cause) {
    throw new InvalidArgumentError(`decode ${message.typeName}`, { cause })
  }
}

/** What a later `delete` needs to know, as files in the bundle under the original's names. */
export function saveOptions(bundle: string, options: Options): void {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    if (value !== '' && value !== 0 && value !== false) kept[fieldName(name)] = value
  }
  writeFileSync(join(bundle, 'options.json'), JSON.stringify(kept), { mode: 0o600 })
  writeFileSync(join(bundle, 'runtime'), options.binaryName, { mode: 0o600 })
}

/** `binary_name` for `binaryName`. */
const fieldName = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
