// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { tarBytes, type TarEntry } from './tar.ts'

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: { readonly architecture: string; readonly os: string }
}

export interface ImageRequest {
  /** Layers from the bottom up: entries, or the bytes of an uncompressed archive. */
  readonly layers: readonly (readonly TarEntry[] | Uint8Array)[]
  /** gzip when absent. */
  readonly compression?: 'gzip' | 'zstd' | 'none'
  /** The `config` of the image configuration: Cmd, Env, User, WorkingDir. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Name kept in the index, as `docker.io/library/x:latest`. */
  readonly name?: string
  /** Docker's media types instead of OCI's. */
  readonly docker?: boolean
  /** linux on amd64 when absent. */
  readonly platform?: { readonly architecture: string; readonly os: string }
}

export interface ImageLayout {
  /** Directory with oci-layout, index.json and blobs/sha256. */
  readonly dir: string
  readonly manifest: Descriptor
  readonly config: Descriptor
  readonly layers: readonly (Descriptor & { readonly diffId: string })[]
}

/** Writes an OCI image layout of one image into `dir`. The same request gives the same digests. */
export async function makeImage(dir: string, request: ImageRequest): Promise<ImageLayout> {
  const { compression = 'gzip', docker = false, platform = { architecture: 'amd64', os: 'linux' } } = request
  await mkdir(join(dir, 'blobs', 'sha256'), { recursive: true })
  const layers = []
  for (const layer of request.layers) {
    const bytes = layer instanceof Uint8Array ? layer : tarBytes(layer)
    const blob = compressors[compression](bytes)
    layers.push({ ...(await putBlob(dir, layerType(compression, docker), blob)), diffId: sha256(bytes) })
  }
  const configType = docker
    ? 'application/vnd.docker.container.image.v1+json'
    : 'application/vnd.oci.image.config.v1+json'
  const config = await putJson(dir, configType, {
    created: '1970-01-01T00:00:00Z',
    ...platform,
    config: { Cmd: ['/bin/sh'], Env: ['PATH=/bin:/usr/bin:/sbin'], ...request.config },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'testkit' })),
  })
  const manifestType = docker
    ? 'application/vnd.docker.distribution.manifest.v2+json'
    : 'application/vnd.oci.image.manifest.v1+json'
  const manifest = await putJson(dir, manifestType, {
    schemaVersion: 2,
    mediaType: manifestType,
    config,
    layers: layers.map(({ diffId: _diffId, ...descriptor }) => descriptor),
  })
  await writeIndex(dir, { ...manifest, platform, ...nameAnnotations(request.name) })
  return { dir, manifest, config, layers }
}

/** The same image with these bytes, whatever they are, in place of its last layer; the configuration stays. */
export async function withLastLayer(dir: string, image: ImageLayout, bytes: Uint8Array): Promise<ImageLayout> {
  await cp(image.dir, dir, { recursive: true })
  const last = image.layers.at(-1)
  if (last === undefined) throw new Error(`image ${image.manifest.digest} has no layer to replace`)
  const layer = { ...last, ...(await putBlob(dir, last.mediaType, bytes)) }
  const layers = [...image.layers.slice(0, -1), layer]
  const text = (await readBlob(dir, image.manifest.digest)).toString()
  const manifest = await putJson(dir, image.manifest.mediaType, { ...(JSON.parse(text) as object), layers })
  await writeIndex(dir, { ...image.manifest, ...manifest })
  return { ...image, dir, manifest, layers }
}

/** The layout as one uncompressed archive, as `ctr images import` takes it. */
export async function layoutArchive(dir: string): Promise<Buffer> {
  const blobs = (await readdir(join(dir, 'blobs', 'sha256'))).toSorted()
  const files = ['oci-layout', 'index.json', ...blobs.map((name) => `blobs/sha256/${name}`)]
  const entries = await Promise.all(files.map(async (name) => ({ name, data: await readFile(join(dir, name)) })))
  const directories: TarEntry[] = ['blobs/', 'blobs/sha256/'].map((name) => ({ name, type: 'directory' }))
  return tarBytes([...directories, ...entries])
}

/** Bytes of a blob of the layout. */
export function readBlob(dir: string, digest: string): Promise<Buffer> {
  return readFile(blobPath(dir, digest))
}

export const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const compressors = {
  gzip: (bytes: Uint8Array) => gzipSync(bytes),
  zstd: (bytes: Uint8Array) => zstdCompressSync(bytes),
  none: (bytes: Uint8Array) => Buffer.from(bytes),
}

function layerType(compression: 'gzip' | 'zstd' | 'none', docker: boolean): string {
  const base = docker ? 'application/vnd.docker.image.rootfs.diff.tar' : 'application/vnd.oci.image.layer.v1.tar'
  if (compression === 'none') return base
  return `${base}${docker && compression === 'gzip' ? '.' : '+'}${compression}`
}

const blobPath = (dir: string, digest: string) => join(dir, 'blobs', ...digest.split(':'))

async function putBlob(dir: string, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  const digest = sha256(bytes)
  await writeFile(blobPath(dir, digest), bytes)
  return { mediaType, digest, size: bytes.length }
}

const putJson = (dir: string, mediaType: string, value: unknown): Promise<Descriptor> =>
  putBlob(dir, mediaType, Buffer.from(JSON.stringify(value)))

async function writeIndex(dir: string, manifest: Descriptor): Promise<void> {
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  await writeFile(join(dir, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  await writeFile(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType, manifests: [manifest] }))
}

function nameAnnotations(name: string | undefined): Pick<Descriptor, 'annotations'> {
  if (name === undefined) return {}
  const tag = name.slice(name.lastIndexOf(':') + 1)
  return { annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tag } }
}
