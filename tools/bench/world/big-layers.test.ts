// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { tarBytes } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { layerEntries } from './big-layers.ts'
import { Dice } from './dice.ts'

const request = { name: 'seed', files: 200, sizeBytes: 4_000_000 }
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('layers of the big image', () => {
  it('are the same bytes each time, and others under another name', () => {
    const first = hash(tarBytes(layerEntries(request)))
    expect(hash(tarBytes(layerEntries(request)))).toBe(first)
    expect(hash(tarBytes(layerEntries({ ...request, name: 'other' })))).not.toBe(first)
  })

  it('have the files and the size asked for, and unique names', () => {
    const entries = layerEntries(request)
    const files = entries.filter(({ type }) => type === undefined)
    expect(files).toHaveLength(request.files)
    const sizeBytes = files.reduce((total, { data }) => total + (data?.length ?? 0), 0)
    expect(Math.abs(sizeBytes - request.sizeBytes)).toBeLessThan(request.files)
    expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length)
  })

  it('compress like real files', () => {
    const bytes = tarBytes(layerEntries(request))
    const share = gzipSync(bytes).length / bytes.length
    expect(share).toBeGreaterThan(0.35)
    expect(share).toBeLessThan(0.45)
  })
})

describe('dice', () => {
  it('stay below the limit and reach all of it', () => {
    const dice = new Dice('x')
    const seen = new Set(Array.from({ length: 500 }, () => dice.below(6)))
    expect(seen).toEqual(new Set([0, 1, 2, 3, 4, 5]))
  })
})
