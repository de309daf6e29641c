// SPDX-License-Identifier: Apache-2.0
import { digestOf } from '@containerd-ts/core'
import type { Digest } from '@containerd-ts/core'
import { describe, expect, it } from 'vitest'
import { chainId, chainIds, digestBytes } from './chain-id.ts'
import { decodeConfig, decodeIndex, decodeManifest } from './image-decode.ts'
import { encodeConfig, encodeIndex, encodeManifest } from './image-encode.ts'
import {
  isIndexType,
  isLayerType,
  isNonDistributableType,
  layerCompression,
  MediaType,
  refKeyPrefix,
  sniffCompression,
} from './media-types.ts'

const digest = (n: number): Digest => digestOf('sha256', String(n).repeat(64))
const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
const config = { mediaType: MediaType.ociConfig, digest: digest(1), sizeBytes: 2 }

describe('manifests and indexes', () => {
  it('come back as they were written', () => {
    const layer = {
      mediaType: MediaType.ociLayerGzip,
      digest: digest(2),
      sizeBytes: 3,
      annotations: { b: '2', a: '1' },
      urls: ['https://x'],
    }
    const manifest = {
      mediaType: MediaType.ociManifest,
      config: { ...config, data: Buffer.from('{}') },
      layers: [layer],
    }
    expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest)
    const platform = { os: 'linux', architecture: 'arm', variant: 'v7', osVersion: '1', osFeatures: ['f'] }
    const index = {
      mediaType: MediaType.ociIndex,
      manifests: [{ ...config, platform, artifactType: 'a/b' }],
      annotations: { k: 'v' },
    }
    expect(decodeIndex(encodeIndex(index))).toEqual(index)
  })

  it.each([
    ['a manifest with manifests', { config: {}, manifests: [] }],
    ['a manifest of an index type', { mediaType: MediaType.dockerManifestList, config: {} }],
    ['schema 1', { schemaVersion: 1, fsLayers: [] }],
    ['no config', { layers: [] }],
    ['a bad digest', { config: { digest: 'sha256:12', size: 1 } }],
    ['a bad size', { config: { digest: digest(1), size: -1 } }],
    ['layers that are no list', { config: { digest: digest(1), size: 1 }, layers: {} }],
    ['a list', []],
  ])('%s is no manifest', (_what, value) => expect(() => decodeManifest(bytes(value))).toThrow())

  it.each([
    ['layers', { manifests: [], layers: [] }],
    ['a config', { manifests: [], config: {} }],
    ['a manifest type', { mediaType: MediaType.ociManifest, manifests: [] }],
    ['text', 'x'],
  ])('an index with %s is none', (_what, value) => expect(() => decodeIndex(bytes(value))).toThrow())

  it('refuses what is not JSON', () => expect(() => decodeIndex(Buffer.from('{'))).toThrow(/not JSON/))
})

describe('configs', () => {
  it('come back as they were written', () => {
    const image = {
      created: '1970-01-01T00:00:00Z',
      platform: { os: 'linux', architecture: 'amd64' },
      config: {
        user: 'u',
        env: ['A=b'],
        entrypoint: ['/e'],
        cmd: ['c'],
        workingDir: '/w',
        labels: { l: 'm' },
        stopSignal: 'SIGINT',
        volumes: ['/v'],
        exposedPorts: ['80/tcp'],
        argsEscaped: true,
      },
      diffIds: [digest(3)],
      history: [{ created: 'x', createdBy: 'y', emptyLayer: true }],
    }
    expect(decodeConfig(encodeConfig(image))).toEqual(image)
  })

  it('take nulls for absence, as Go writes them', () => {
    const decoded = decodeConfig(
      bytes({
        architecture: 'amd64',
        os: 'linux',
        config: { Env: null, Cmd: null, Labels: null, Volumes: null },
        rootfs: { diff_ids: null },
      }),
    )
    expect(decoded).toMatchObject({ config: { env: [], cmd: [], labels: {}, volumes: [] }, diffIds: [] })
    expect(decodeConfig(bytes({ config: null, rootfs: null })).platform).toEqual({ os: '', architecture: '' })
  })
})

describe('chain IDs', () => {
  it('are the diff ID for one layer, and the digest of parent and diff ID above', () => {
    expect(chainId([])).toBeUndefined()
    const [one, two] = chainIds([digest(1), digest(2)])
    expect(one).toBe(digest(1))
    expect(two).toBe(digestBytes(`${digest(1)} ${digest(2)}`))
  })
})

describe('media types', () => {
  it('are sorted into kinds', () => {
    expect(isIndexType(MediaType.dockerManifestList)).toBe(true)
    expect(isLayerType('application/vnd.docker.image.rootfs.diff.tar.gzip+encrypted')).toBe(true)
    expect(isLayerType(MediaType.dockerConfig)).toBe(false)
    expect(isNonDistributableType(MediaType.dockerForeignLayerGzip)).toBe(true)
    const kinds = [
      MediaType.ociManifest,
      MediaType.ociIndex,
      MediaType.ociLayer,
      MediaType.ociConfig,
      MediaType.inToto,
      'x/y',
    ]
    expect(kinds.map(refKeyPrefix)).toEqual(['manifest-', 'index-', 'layer-', 'config-', 'attestation-', 'unknown-'])
  })

  it('say how a layer is compressed', () => {
    const of = (type: string) => layerCompression(type)
    expect(
      [
        MediaType.dockerLayer,
        MediaType.dockerLayerGzip,
        MediaType.dockerLayerZstd,
        `${MediaType.dockerLayerGzip}+x`,
      ].map(of),
    ).toEqual(['unknown', 'gzip', 'zstd', 'none'])
    expect([MediaType.ociLayer, `${MediaType.ociLayerGzip}+encrypted`, MediaType.ociLayerZstd].map(of)).toEqual([
      'none',
      'gzip',
      'zstd',
    ])
    expect(() => of('text/plain')).toThrow(/not implemented|media type/)
  })

  it('are overruled by the first bytes', () => {
    const sniff = (...b: number[]) => sniffCompression(Uint8Array.from(b))
    expect(sniff(0x1f, 0x8b, 8)).toBe('gzip')
    expect(sniff(0x28, 0xb5, 0x2f, 0xfd)).toBe('zstd')
    expect(sniff(0x5f, 0x2a, 0x4d, 0x18, 0, 0, 0, 0)).toBe('zstd')
    expect(sniff(0x5f, 0x2a, 0x4d, 0x18)).toBe('none')
    expect(sniff()).toBe('none')
  })
})
