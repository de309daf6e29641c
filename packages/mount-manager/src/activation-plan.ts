// SPDX-License-Identifier: Apache-2.0
import type { Mount, MountHandler } from '@containerd-ts/core'
import { UnimplementedError } from '@containerd-ts/errdefs'
import type { Transformer } from './transform/transformer.ts'

interface PlannedMount {
  /** With its type freed of transformers. */
  readonly mount: Mount
  /** Applied in this order. */
  readonly transformers: readonly Transformer[]
}

export interface ActivationPlan {
  readonly mounts: readonly PlannedMount[]
  /** So many of them, from the first on, are mounted here; the rest is the caller's. */
  readonly activeCount: number
}

export interface PlanRequest {
  readonly mounts: readonly Mount[]
  /** By mount type. */
  readonly handlers: ReadonlyMap<string, MountHandler>
  /** By the prefix of mount types. */
  readonly transformers: ReadonlyMap<string, Transformer>
  /** All is mounted here, whether it needs handling or not. */
  readonly temporary: boolean
}

/**
 * What has to be done here: every mount up to the last one with a handler, and every mount before the last one with a
 * transformer, which may want to know where they are.
 * @throws {UnimplementedError} nothing: the caller mounts it all
 */
export function planActivation({ mounts, handlers, transformers, temporary }: PlanRequest): ActivationPlan {
  const planned = mounts.map((mount) => planMount(mount, transformers))
  const needed = planned.map(({ mount, transformers: own }, i) => {
    if (temporary || handlers.has(mount.type)) return i + 1
    return own.length > 0 ? i : -1
  })
  const activeCount = Math.max(-1, ...needed)
  if (activeCount < 0) throw new UnimplementedError('no mount needs handling')
  return { mounts: planned, activeCount }
}

/** A prefix nobody knows ends the transformers: it belongs to the type. */
function planMount(mount: Mount, transformers: ReadonlyMap<string, Transformer>): PlannedMount {
  const found: Transformer[] = []
  let type = mount.type
  for (let slash = type.indexOf('/'); slash >= 0; slash = type.indexOf('/')) {
    const transformer = transformers.get(type.slice(0, slash))
    if (transformer === undefined) break
    found.push(transformer)
    type = type.slice(slash + 1)
  }
  return { mount: { ...mount, type }, transformers: found }
}
