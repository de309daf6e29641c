// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { containerJson } from './container.ts'
import { goTime } from './go-time.ts'
import { formatProgressLine } from './progress-view.ts'
import { mountCommands, snapshotJson } from './snapshot.ts'

const epoch = new Date(0)

describe('Go forms', () => {
  it('prints a time with the fraction it has', () => {
    expect(goTime(new Date('2024-01-02T03:04:05.678Z'))).toBe('2024-01-02 03:04:05.678 +0000 UTC')
    expect(goTime(new Date('2024-01-02T03:04:05.678Z'), 912_000)).toBe('2024-01-02 03:04:05.678912 +0000 UTC')
    expect(goTime(new Date('2024-01-02T03:04:05Z'))).toBe('2024-01-02 03:04:05 +0000 UTC')
  })

  it('prints a container with the spec decoded and last', () => {
    const json = containerJson({
      id: 'c',
      image: 'i',
      labels: {},
      runtime: { name: 'r', options: { typeUrl: 'containerd.runc.v1.Options', value: new Uint8Array() } },
      spec: { typeUrl: 'spec', value: Buffer.from('{"ociVersion":"1.3.0"}') },
      snapshotter: 'overlayfs',
      snapshotKey: 'c',
      sandboxId: '',
      extensions: { x: { typeUrl: 't', value: Buffer.from('hi') } },
      createdAt: epoch,
      updatedAt: epoch,
    })
    expect(Object.keys(json).at(-1)).toBe('Spec')
    expect(json).toMatchObject({
      Labels: null,
      Runtime: { Name: 'r', Options: { type_url: 'containerd.runc.v1.Options' } },
      Extensions: { x: { type_url: 't', value: 'aGk=' } },
      Spec: { ociVersion: '1.3.0' },
    })
  })

  it('prints a snapshot without what it lacks', () => {
    const info = { kind: 'active', name: 'k', labels: {}, createdAt: epoch, updatedAt: epoch } as const
    expect(Object.keys(snapshotJson(info))).toEqual(['Kind', 'Name', 'Created', 'Updated'])
    expect(snapshotJson({ ...info, parent: 'p' })).toMatchObject({ Kind: 'Active', Parent: 'p' })
  })

  it('prints the command of each mount', () => {
    const mounts = [
      { type: 'bind', source: '/a', options: ['rbind', 'ro'] },
      { type: 'tmpfs', source: 'tmpfs', target: 'sub', options: [] },
    ]
    expect(mountCommands(mounts, '/mnt')).toBe('mount -t bind /a /mnt -o rbind,ro\nmount -t tmpfs tmpfs /mnt/sub\n')
  })
})

describe('progress line', () => {
  const bar = (line: string): string => /\|.*\|/.exec(line)?.[0] ?? ''

  it('fills the bar by the part that is there', () => {
    const line = formatProgressLine({ name: 'layer', status: 'downloading', offsetBytes: 512, totalBytes: 1024 }, 10)
    expect(line).toMatch(/^layer: +downloading +\|\+{20}-{20}\| 512\.0 B\/1\.0 KiB$/)
  })

  it('shows a full bar when done, an empty one when nothing is known', () => {
    expect(bar(formatProgressLine({ name: 'x', status: 'done', offsetBytes: 0, totalBytes: 0 }, 1))).toBe(
      `|${'+'.repeat(40)}|`,
    )
    expect(bar(formatProgressLine({ name: 'x', status: 'waiting', offsetBytes: 0, totalBytes: 0 }, 1))).toBe(
      `|${'-'.repeat(40)}|`,
    )
  })

  it('never overflows', () => {
    expect(
      bar(formatProgressLine({ name: 'x', status: 'downloading', offsetBytes: 9, totalBytes: 3 }, 1)),
    ).toHaveLength(42)
  })
})
