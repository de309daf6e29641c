// SPDX-License-Identifier: Apache-2.0
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import type { TypedAny } from '@containerd-ts/core'

const optionsType = 'containerd.runc.v1.Options'
const shimCgroupField = 3

/**
 * The cgroup that the runc options name for the server. Read from the bytes: the generated message would be the only
 * one that `start` loads. Options of another type name none here; Create refuses them.
 */
export function shimCgroupOf({ typeUrl, value }: TypedAny): string | undefined {
  if (typeUrl.slice(typeUrl.lastIndexOf('/') + 1) !== optionsType) return undefined
  const reader = new BinaryReader(value)
  let cgroup = ''
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (field === shimCgroupField && wireType === WireType.LengthDelimited) cgroup = reader.string()
    else reader.skip(wireType, field)
  }
  return cgroup === '' ? undefined : cgroup
}
