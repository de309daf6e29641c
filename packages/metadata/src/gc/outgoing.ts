// SPDX-License-Identifier: Apache-2.0
import { LabelKey, type Labels } from '@containerd-ts/core'
import type { ReadTransaction } from '@containerd-ts/store'
import { nodeOfResource, resourcesOf } from '../lease-membership.ts'
import { blobs, containers, images, ingests, leases, sandboxes, snapshots } from '../tables.ts'
import { toNode, toSnapshotNode, type GcNode, type GcReference } from './node.ts'
import { readLabels } from './reference-labels.ts'
import { isUsed } from './use-condition.ts'

/** What a node keeps alive, as its record says in this transaction; nothing when it has none. */
export function outgoing(tx: ReadTransaction, { node, flat }: GcReference, now: Date): GcReference[] {
  const { kind, namespace, key, snapshotter = '' } = node
  const toFull = (target: GcNode): GcReference => ({ node: target, flat: false })
  const labelled = (labels: Labels | undefined): GcReference[] =>
    labels === undefined || flat ? [] : followed(tx, labels, namespace, now).map(toFull)
  switch (kind) {
    case 'content':
      return labelled(tx.get(blobs, [namespace, key])?.labels)
    case 'snapshot': {
      const record = tx.get(snapshots, [namespace, snapshotter, key])
      const parent =
        record?.parent === undefined ? [] : [{ node: toSnapshotNode(namespace, snapshotter, record.parent), flat }]
      return [...parent, ...labelled(record?.labels)]
    }
    case 'image': {
      const record = tx.get(images, [namespace, key])
      if (record === undefined) return []
      return [{ node: toNode('content', namespace, record.target.digest), flat }, ...labelled(record.labels)]
    }
    case 'container': {
      const record = tx.get(containers, [namespace, key])
      if (record === undefined) return []
      const { snapshotter: name, snapshotKey } = record
      const own = name === '' || snapshotKey === '' ? [] : [toFull(toSnapshotNode(namespace, name, snapshotKey))]
      return [...own, ...labelled(record.labels)]
    }
    case 'sandbox':
      return labelled(tx.get(sandboxes, [namespace, key])?.labels)
    case 'ingest': {
      const expected = tx.get(ingests, [namespace, key])?.expected
      return expected === undefined ? [] : [toFull(toNode('content', namespace, expected))]
    }
    case 'lease': {
      const record = tx.get(leases, [namespace, key])
      if (record === undefined) return []
      const isFlat = LabelKey.gcFlat in record.labels
      return [...resourcesOf(tx, namespace, key)].map((resource) => ({
        node: nodeOfResource(namespace, resource),
        flat: isFlat,
      }))
    }
    case 'stream':
    case 'mount':
      return []
  }
}

function followed(tx: ReadTransaction, labels: Labels, namespace: string, now: Date): GcNode[] {
  const { references, conditional } = readLabels(labels, namespace)
  const satisfied = conditional.filter(({ node, conditions }) => {
    const target = tx.get(snapshots, [namespace, node.snapshotter ?? '', node.key])
    return target !== undefined && isUsed(conditions, target.labels, now)
  })
  return [...references, ...satisfied.map(({ node }) => node)]
}
