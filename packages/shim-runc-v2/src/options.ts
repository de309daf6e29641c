// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import { unpackMessage } from '@containerd-ts/api'
import { CheckpointOptionsSchema, OptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import type { CheckpointOptions, Options } from '@containerd-ts/api/types/runc/options/oci_pb'
import { InvalidArgumentError } from '@containerd-ts/errdefs'

export type { CheckpointOptions, Options }

/** The runc options of a task; absent or empty means the defaults. @throws {InvalidArgumentError} another type */
export function decodeOptions(any: Any | undefined): Options {
  if (any === undefined || (any.typeUrl === '' && any.value.length === 0)) return create(OptionsSchema)
  const options = unpackMessage(OptionsSchema, any)
  if (options === undefined) throw new InvalidArgumentError(`runtime options of type ${any.typeUrl}`)
  return options
}

/** @throws {InvalidArgumentError} another type */
export function decodeCheckpointOptions(any: Any | undefined): CheckpointOptions {
  if (any === undefined || (any.typeUrl === '' && any.value.length === 0)) return create(CheckpointOptionsSchema)
  const options = unpackMessage(CheckpointOptionsSchema, any)
  if (options === undefined) throw new InvalidArgumentError(`checkpoint options of type ${any.typeUrl}`)
  return options
}

/** What a later `delete` needs to know, as files in the bundle under the original's names. */
export async function saveOptions(bundle: string, options: Options): Promise<void> {
  const kept: Record<string, unknown> = {}
  for (const field of OptionsSchema.fields) {
    const value: unknown = options[field.localName as keyof Options]
    if (value !== '' && value !== 0 && value !== false) kept[field.name] = value
  }
  await writeFile(join(bundle, 'options.json'), JSON.stringify(kept), { mode: 0o600 })
  await writeFile(join(bundle, 'runtime'), options.binaryName, { mode: 0o600 })
}
