// SPDX-License-Identifier: Apache-2.0
import { fromBinary } from '@bufbuild/protobuf'
import { JsonType, unpackJson } from '@containerd-ts/api'
import { RuntimeInfoSchema } from '@containerd-ts/api/types/introspection_pb'
import type { TypedAny } from '@containerd-ts/core'
import { UnknownError } from '@containerd-ts/errdefs'

interface SpecMounts {
  readonly mounts?: readonly { uidMappings?: unknown; gidMappings?: unknown; options?: readonly string[] | null }[]
}

/** Whether a spec asks for mounts with ids of their own. */
export function usesIdmappedMounts(spec: TypedAny | undefined): boolean {
  if (spec === undefined) return false
  try {
    const { mounts } = JSON.parse(Buffer.from(spec.value).toString()) as SpecMounts
    return (mounts ?? []).some(
      ({ uidMappings, gidMappings, options }) =>
        (uidMappings ?? gidMappings ?? undefined) !== undefined ||
        (options ?? []).some((option) => option === 'idmap' || option === 'ridmap'),
    )
  } catch {
    return false // the OCI runtime will say what is wrong with it
  }
}

interface Features {
  readonly linux?: { readonly mountExtensions?: { readonly idmap?: { readonly enabled?: boolean } } }
}

/**
 * Makes sure that a runtime knows idmapped mounts. One that does not passes over them without a word, and the
 * container has other rights to its volumes. A runtime whose features are not those of the OCI spec is left alone.
 *
 * @param info - encoded RuntimeInfo
 * @throws {UnknownError} the runtime lacks them, or does not tell its features
 */
export function checkIdmapSupport(info: Uint8Array): void {
  const { features } = fromBinary(RuntimeInfoSchema, info)
  if (features === undefined) throw new UnknownError('idmap mounts not supported: the runtime tells no features')
  if (features.typeUrl !== JsonType.Features) return
  const { linux } = (unpackJson(JsonType.Features, features) ?? {}) as Features
  if (linux?.mountExtensions?.idmap?.enabled === true) return
  throw new UnknownError('idmap mounts not supported: mountExtensions.idmap.enabled is not set in the features')
}
