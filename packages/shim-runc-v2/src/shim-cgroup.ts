// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import type { TypedAny } from '@containerd-ts/core'
import { decodeOptions } from './options.ts'

/** The cgroup that the options name for the server. */
export function shimCgroupOf(options: TypedAny): string | undefined {
  const { shimCgroup } = decodeOptions(create(AnySchema, options))
  return shimCgroup === '' ? undefined : shimCgroup
}
