// SPDX-License-Identifier: Apache-2.0
import type { Container, Labels, Sandbox, TypedAny } from '@containerd-ts/core'

/** The runtime spec as it was written: JSON inside the Any. */
export function decodedSpec(spec: TypedAny | undefined): unknown {
  return spec === undefined ? null : JSON.parse(Buffer.from(spec.value).toString())
}

const anyJson = (any: TypedAny | undefined): unknown =>
  any === undefined
    ? null
    : {
        type_url: any.typeUrl,
        ...(any.value.length === 0 ? {} : { value: Buffer.from(any.value).toString('base64') }),
      }

/** A map that is empty is nil over there. */
const orNull = (labels: Labels): Labels | null => (Object.keys(labels).length === 0 ? null : labels)

/** A container as Go's JSON of it looks, the spec decoded and last. */
export const containerJson = (container: Container): Record<string, unknown> => ({
  ID: container.id,
  Labels: orNull(container.labels),
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

/** A sandbox as Go's JSON of it looks. */
export const sandboxJson = (sandbox: Sandbox): Record<string, unknown> => ({
  ID: sandbox.id,
  Labels: orNull(sandbox.labels),
  Runtime: { Name: sandbox.runtime.name, Options: anyJson(sandbox.runtime.options) },
  Spec: anyJson(sandbox.spec),
  Sandboxer: sandbox.sandboxer,
  CreatedAt: sandbox.createdAt.toISOString(),
  UpdatedAt: sandbox.updatedAt.toISOString(),
  Extensions: Object.fromEntries(Object.entries(sandbox.extensions).map(([key, any]) => [key, anyJson(any)])),
})
