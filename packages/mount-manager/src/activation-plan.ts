// SPDX-License-Identifier: Apache-2.0
import type { Mount, MountHandler } from '@containerd-ts/core'
import { UnimplementedError } from '@containerd-ts/errdefs'
import type { Transformer } from './transform/transformer.ts'

export interface PlannedMount {
  /** With its type freed of transformers. */
  readonly mount: Mount
  /** Applied in this order. */
  readonly transformers: readonly Transformer[]
  readonly handler: MountHandler | undefined
}

export interface ActivationPlan {
  readonly mounts: readonly PlannedMount[]
  /** So many of them, from the first on, are mounted here; the rest is the caller's. */
  readonly activeCount: number
}

/**
 * What has to be done here: every mount up to the last one with a handler, and every mount that a later one wants to
 * know the place of.
 * @throws {UnimplementedError} nothing: the caller mounts it all
 */
export function planActivation(
  mounts: readonly Mount[],
  handlers: ReadonlyMap<string, MountHandler>,
  transformers: ReadonlyMap<string, Transformer>,
  temporary: boolean,
): ActivationPlan {
  const planned = mounts.map((mount) => planMount(mount, handlers, transformers))
  if (!planned.some((each) => each.handler !== undefined || each.transformers.length > 0)) {
    throw new UnimplementedError('no mount needs handling')
  }
  const needed = planned.map((each, i) => {
    if (each.handler !== undefined) return i + 1
    return each.transformers.some(({ needsEarlier }) => needsEarlier) ? i : 0
  })
  return { mounts: planned, activeCount: temporary ? mounts.length : Math.max(0, ...needed) }
}

function planMount(
  mount: Mount,
  handlers: ReadonlyMap<string, MountHandler>,
  transformers: ReadonlyMap<string, Transformer>,
): PlannedMount {
  const found: Transformer[] = []
  let type = mount.type
  for (let slash = type.indexOf('/'); slash >= 0; slash = type.indexOf('/')) {
    const transformer = transformers.get(type.slice(0, slash))
    if (transformer === undefined) break
    found.push(transformer)
    type = type.slice(slash + 1)
  }
  return { mount: { ...mount, type }, transformers: found, handler: handlers.get(type) }
}
