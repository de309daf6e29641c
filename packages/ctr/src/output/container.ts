// SPDX-License-Identifier: Apache-2.0
import type { Container, TypedAny } from '@containerd-ts/core'

/** The runtime spec as it was written: JSON inside the Any. */
export function decodedSpec(spec: TypedAny | undefined): unknown {
  return spec === undefined ? null : JSON.parse(Buffer.from(spec.value).toString())
}

const anyJson = (any: TypedAny | undefined): unknown =>
  any === undefined ? null : { type_url: any.typeUrl, value: Buffer.from(any.value).toString('base64') }

/** A container as Go's JSON of it looks, the spec decoded and last. */
export const containerJson = (container: Container): Record<string, unknown> => ({
  ID: container.id,
  Labels: container.labels,
  Image: container.image,
  Runtime: { Name: container.runtime.name, Options: anyJson(container.runtime.options) },
  SnapshotKey: container.snapshotKey,
  Snapshotter: container.snapshotter,
  CreatedAt: container.createdAt.toISOString(),
  UpdatedAt: container.updatedAt.toISOString(),
  Extensions: Object.fromEntries(Object.entries(container.extensions).map(([key, any]) => [key, anyJson(any)])),
  SandboxID: container.sandboxId,
  Spec: decodedSpec(container.spec),
})
