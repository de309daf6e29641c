// SPDX-License-Identifier: Apache-2.0
import type { Labels } from '@containerd-ts/core'
import { toNode, toSnapshotNode, type GcNode, type NodeKind } from './node.ts'
import { parseUseConditions, type UseCondition } from './use-condition.ts'

const prefix = 'containerd.io/gc.'

/** Kinds that a reference may name directly; a discriminator after `.` or `/` lets one object hold several. */
const directKinds: ReadonlyMap<string, NodeKind> = new Map([
  ['content', 'content'],
  ['image', 'image'],
])
const backKinds: ReadonlyMap<string, NodeKind> = new Map([...directKinds, ['container', 'container']])
/** Kinds of outside collectors: any ending counts. */
const outsideKinds = ['stream', 'mount'] as const

/** A reference that counts only while the snapshot's use is as told. */
interface ConditionalReference {
  readonly node: GcNode
  readonly conditions: readonly UseCondition[]
}

/** Everything that an object's labels say to the collector. */
export interface LabelReferences {
  readonly isRoot: boolean
  /** What this object keeps alive. */
  readonly references: readonly GcNode[]
  /** What keeps this object alive. */
  readonly backReferences: readonly GcNode[]
  readonly conditional: readonly ConditionalReference[]
}

const none: LabelReferences = { isRoot: false, references: [], backReferences: [], conditional: [] }

/** Reads the reference labels of an object; spellings nobody knows are ignored. */
export function readLabels(labels: Labels, namespace: string): LabelReferences {
  let found:
    | { isRoot: boolean; references: GcNode[]; backReferences: GcNode[]; conditional: ConditionalReference[] }
    | undefined
  for (const [label, value] of Object.entries(labels)) {
    if (!label.startsWith(prefix)) continue
    found ??= { isRoot: false, references: [], backReferences: [], conditional: [] }
    const name = label.slice(prefix.length)
    if (name.startsWith('root')) found.isRoot = true
    else if (name.startsWith('ref.')) found.references.push(...reference(name.slice(4), value, namespace, directKinds))
    else if (name.startsWith('bref.'))
      found.backReferences.push(...reference(name.slice(5), value, namespace, backKinds))
    else if (name.startsWith('cond.snapshot')) found.conditional.push(...conditional(name.slice(13), value, namespace))
  }
  return found ?? none
}

/** At most one node: none when the name is no reference of these kinds. */
function reference(name: string, value: string, namespace: string, kinds: ReadonlyMap<string, NodeKind>): GcNode[] {
  const snapshotter = /^snapshot\.([^/]+)(?:\/|$)/.exec(name)?.[1]
  if (snapshotter !== undefined) return [toSnapshotNode(namespace, snapshotter, value)]
  const kind = kinds.get(/^([a-z]+)(?:[./]|$)/.exec(name)?.[1] ?? '')
  if (kind !== undefined) return [toNode(kind, namespace, value)]
  if (kinds !== directKinds) return []
  return outsideKinds.filter((outside) => name.startsWith(outside)).map((outside) => toNode(outside, namespace, value))
}

function conditional(name: string, value: string, namespace: string): ConditionalReference[] {
  const snapshotter = /^[./]([^/]+)(?:\/|$)/.exec(name)?.[1]
  const bar = value.indexOf('|')
  const conditions = parseUseConditions(value.slice(0, Math.max(bar, 0)))
  if (snapshotter === undefined || conditions.length === 0) return []
  return [{ node: toSnapshotNode(namespace, snapshotter, value.slice(bar + 1)), conditions }]
}
