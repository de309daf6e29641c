// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { anyToGoJson } from '@containerd-ts/api/registry'
import type { TypedAny } from '@containerd-ts/core'

/** An event's payload as the original prints it; one of a type nobody knows as type and bytes. */
export async function goEventJson(event: TypedAny): Promise<string> {
  try {
    return await anyToGoJson(create(AnySchema, event))
  } catch {
    return JSON.stringify({ type_url: event.typeUrl, value: Buffer.from(event.value).toString('base64') })
  }
}
