// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { toNode, toSnapshotNode, type GcNode } from './node.ts'
import type { NodeEntry } from './node-table.ts'
import { readLabels } from './reference-labels.ts'
import { sweepOrder } from './sweep-order.ts'
import { isUsed, parseUseConditions, usedAtLabel } from './use-condition.ts'

const read = (label: string, value = 'v') => readLabels({ [`containerd.io/gc.${label}`]: value }, 'ns')

describe('reference labels', () => {
  it.each<[string, readonly GcNode[]]>([
    ['ref.content', [toNode('content', 'ns', 'v')]],
    ['ref.content.a/b', [toNode('content', 'ns', 'v')]],
    ['ref.image/x', [toNode('image', 'ns', 'v')]],
    ['ref.snapshot.my.sn/x.y', [toSnapshotNode('ns', 'my.sn', 'v')]],
    ['ref.snapshot.overlayfs', [toSnapshotNode('ns', 'overlayfs', 'v')]],
    ['ref.stream.any', [toNode('stream', 'ns', 'v')]],
    ['ref.mount', [toNode('mount', 'ns', 'v')]],
    ['ref.container', []],
    ['ref.constructor', []],
    ['ref.snapshot', []],
    ['ref.contentious', []],
    ['other', []],
  ])('%s refer', (label, nodes) => expect(read(label).references).toEqual(nodes))

  it('tell roots and back references apart', () => {
    expect(read('root').isRoot).toBe(true)
    expect(read('root.x').isRoot).toBe(true)
    expect(readLabels({ 'other/gc.root': 'x' }, 'ns').isRoot).toBe(false)
    expect(read('bref.container.x').backReferences).toEqual([toNode('container', 'ns', 'v')])
    expect(read('bref.stream').backReferences).toEqual([])
  })

  it('read conditions, or nothing where they are malformed', () => {
    expect(read('cond.snapshot.o/x', 'usedat<1h30m,usedat>1.5s|key|with bar').conditional).toEqual([
      {
        node: toSnapshotNode('ns', 'o', 'key|with bar'),
        conditions: [
          { operator: '<', ms: 5_400_000 },
          { operator: '>', ms: 1500 },
        ],
      },
    ])
    for (const value of ['key', '|key', 'usedat=1h|key', 'usedat<1|key', ',|key']) {
      expect(read('cond.snapshot.o', value).conditional).toEqual([])
    }
  })

  it('skip only the conditions that are malformed or unknown', () => {
    for (const value of ['usedat<1h,|key', 'size>3,usedat<1h|key', 'usedat<soon,usedat<=2h,usedat<1h|key']) {
      expect(read('cond.snapshot.o', value).conditional).toEqual([
        { node: toSnapshotNode('ns', 'o', 'key'), conditions: [{ operator: '<', ms: 3_600_000 }] },
      ])
    }
  })
})

describe('use conditions', () => {
  it('compare the age of the last use', () => {
    const now = new Date('2024-01-01T01:00:00Z')
    const used = (text: string, at?: string) =>
      isUsed(parseUseConditions(text), at === undefined ? {} : { [usedAtLabel]: at }, now)
    expect(used('usedat<2h', '2024-01-01T00:00:00Z')).toBe(true)
    expect(used('usedat>2h', '2024-01-01T00:00:00Z')).toBe(false)
    expect(used('usedat>2h,usedat<61m', '2024-01-01T00:00:00Z')).toBe(true)
    expect(used('usedat<2h')).toBe(false)
    expect(used('usedat<2h', 'yesterday')).toBe(false)
    expect(used('usedat>2h', '2023')).toBe(false)
    expect(used('usedat>0', '2024-01-01T00:00:00Z')).toBe(true)
    expect(used('usedat>-1h', '2024-01-01T01:30:00Z')).toBe(true)
  })
})

describe('sweep order', () => {
  it('puts referrers first and ends in circles', async () => {
    const entry = (key: string): NodeEntry => ({
      node: toNode('content', 'ns', key),
      mark: undefined,
      children: undefined,
      isUnordered: true,
    })
    const [a, b, c, d] = [entry('a'), entry('b'), entry('c'), entry('d')]
    const alive = { ...entry('alive'), isUnordered: false }
    const edges = new Map([
      [a, [b]],
      [b, [alive]],
      [c, [a, b]],
      [d, [d, c]],
    ])
    const order = () =>
      sweepOrder(
        [b, a, c, d],
        (dead) => edges.get(dead) ?? [],
        () => undefined,
      )
    expect((await order()).map(({ key }) => key)).toEqual(['d', 'c', 'a', 'b'])
    edges.set(b, [d])
    for (const dead of [a, b, c, d]) dead.isUnordered = true
    expect(await order()).toHaveLength(4)
  })
})
