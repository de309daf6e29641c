// SPDX-License-Identifier: Apache-2.0
import { create, toBinary } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { JsonType } from '@containerd-ts/api'
import { RuntimeInfoSchema } from '@containerd-ts/api/types/introspection_pb'
import type { TypedAny } from '@containerd-ts/core'
import { Runc } from '@containerd-ts/runc'
import type { ShimVersion } from '@containerd-ts/shim'
import { decodeOptions } from './options.ts'

/** The answer to `-info`. @throws {Error} the runtime is not installed */
export async function runtimeInfo(
  name: string,
  version: ShimVersion,
  options: TypedAny | undefined,
): Promise<Uint8Array> {
  const any = options === undefined ? undefined : create(AnySchema, options)
  const { binaryName } = decodeOptions(any)
  const runc = new Runc({ command: binaryName, root: '', log: '' })
  runc.executable()
  const features = await featuresOf(runc)
  return toBinary(
    RuntimeInfoSchema,
    create(RuntimeInfoSchema, { name, version, ...(any && { options: any }), ...(features && { features }) }),
  )
}

/** Runtimes before `features` existed just fail. */
async function featuresOf(runc: Runc): Promise<TypedAny | undefined> {
  try {
    const text = await runc.features()
    JSON.parse(text)
    return { typeUrl: JsonType.Features, value: Buffer.from(text) }
  } catch {
    return undefined
  }
}
