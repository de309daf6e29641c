// SPDX-License-Identifier: Apache-2.0
import { digestOf } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { MediaType, only, parseReference } from '@containerd-ts/oci'
import type { OciDescriptor } from '@containerd-ts/oci'
import { describe, expect, it } from 'vitest'
import { childLabels, childLabelWithoutLayers, referrerLabel } from './gc-labels.ts'
import { filterLayersByPlatform, filterPlatforms, limitManifests, walk } from './handlers.ts'
import { runAll } from './run-all.ts'
import { mountSource, sourceLabels } from './source-label.ts'

const of = (mediaType: string, n: number, platform?: string): OciDescriptor => {
  const [os = '', architecture = ''] = platform?.split('/') ?? []
  const base = { mediaType, digest: digestOf('sha256', String(n).repeat(64)), sizeBytes: n }
  return platform === undefined ? base : { ...base, platform: { os, architecture } }
}

const children = [
  of(MediaType.ociConfig, 1),
  of(MediaType.ociLayer, 2),
  of(MediaType.dockerLayerGzip, 3),
  of(MediaType.ociConfig, 4),
  of('x/y', 5),
  of(MediaType.ociManifest, 6),
  of(MediaType.ociIndex, 7),
]

describe('labels of children', () => {
  it('count each kind from 0, in order of appearance', () => {
    const prefix = 'containerd.io/gc.ref.content.'
    expect(Object.keys(childLabels(children)).map((key) => key.slice(prefix.length))).toEqual([
      'config',
      'l.0',
      'l.1',
      'config1',
      '0',
      'm.0',
      '1',
    ])
    expect(Object.keys(childLabels(children, childLabelWithoutLayers)).some((key) => key.includes('.l.'))).toBe(false)
    expect(referrerLabel(children[0]!.digest)).toBe('containerd.io/gc.ref.content.referrer.sha256.111111111111')
  })
})

describe('source labels', () => {
  const ref = parseReference('127.0.0.1:5000/team/x:v1')
  const key = 'containerd.io/distribution.source.127.0.0.1'

  it('gather repositories without the port, sorted, each once, never too long', () => {
    expect(sourceLabels({}, ref)).toEqual({ [key]: 'team/x' })
    expect(sourceLabels({ [key]: 'z,team/a' }, ref)).toEqual({ [key]: 'team/a,team/x,z' })
    expect(sourceLabels({ [key]: 'team/x' }, ref)).toEqual({})
    expect(sourceLabels({ [key]: 'y'.repeat(4090) }, ref)).toEqual({})
  })

  it('offer the closest repository to mount from', () => {
    expect(mountSource({ [key]: 'other,team/y,team/x' }, ref.host, 'team/x')).toBe('team/y')
    expect(mountSource({ [key]: 'team/x' }, ref.host, 'team/x')).toBeUndefined()
    expect(mountSource({}, ref.host, 'team/x')).toBeUndefined()
  })
})

describe('handlers', () => {
  const index = of(MediaType.ociIndex, 9)
  const entries = [
    of(MediaType.ociManifest, 1),
    of(MediaType.ociManifest, 2, 'linux/386'),
    of(MediaType.ociManifest, 3, 'linux/amd64'),
    of(MediaType.ociManifest, 4, 'linux/s390x'),
  ]
  const all = async (d: OciDescriptor) =>
    d === index ? entries : [of(MediaType.ociConfig, 5), of(MediaType.ociLayer, 6)]
  const amd64 = only({ os: 'linux', architecture: 'amd64' })

  it('filter and limit to the best', async () => {
    const sizes = async (handler: typeof all) => (await handler(index)).map(({ sizeBytes }) => sizeBytes)
    expect(await sizes(filterPlatforms(all, amd64) as typeof all)).toEqual([1, 2, 3])
    expect(await sizes(limitManifests(filterPlatforms(all, amd64), amd64, 2) as typeof all)).toEqual([3, 2])
    await expect(limitManifests(async () => [], amd64, 1)(index)).rejects.toMatchObject({ code: Code.NotFound })
  })

  it('leave out layers of other platforms', async () => {
    const handler = filterLayersByPlatform(all, amd64)
    expect(await handler(entries[3]!)).toHaveLength(1)
    expect(await handler(entries[2]!)).toHaveLength(2)
    expect(await handler(entries[0]!)).toHaveLength(2)
  })

  it('walk parents before children', async () => {
    const leafless = async (d: OciDescriptor) => (d === index ? entries : [])
    expect((await Array.fromAsync(walk([index], leafless))).map(({ sizeBytes }) => sizeBytes)).toEqual([9, 1, 2, 3, 4])
  })
})

describe('work side by side', () => {
  it('stops at the first failure and waits for the rest', async () => {
    const ended: number[] = []
    const work = async (n: number, signal: AbortSignal): Promise<void> => {
      if (n === 1) throw new Error('first')
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      ended.push(n)
      throw new Error('second')
    }
    await expect(runAll([0, 1, 2], undefined, work)).rejects.toThrow('first')
    expect(ended).toEqual([0, 2])
  })
})
