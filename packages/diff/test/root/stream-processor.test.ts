// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { MemoryContentStore } from '@containerd-ts/conformance/content'
import { archive } from '@containerd-ts/conformance/diff'
import { LayerDiffer, type StreamProcessor } from '@containerd-ts/diff'
import { KernelMounter } from '@containerd-ts/mount'
import { requireRoot, tempRoot, type TempRoot } from '@containerd-ts/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const oci = 'application/vnd.oci.image.layer.v1.tar'
const encrypted = `${oci}+gzip+encrypted`

describe.skipIf(!requireRoot().open)('stream processors', () => {
  let place: TempRoot
  let root: string
  const shell = (id: string, script: string, accepts = encrypted, returns = `${oci}+gzip`): StreamProcessor => ({
    id,
    accepts: [accepts],
    returns,
    path: '/bin/sh',
    args: ['-c', script],
    env: ['WHERE=here'],
  })

  beforeEach(async () => {
    place = await tempRoot('processor-')
    root = place.path
    await mkdir(join(root, 'fs'))
  })
  afterEach(() => place[Symbol.asyncDispose]())

  async function apply(stored: Buffer, processors: StreamProcessor[], payloads = {}, signal?: AbortSignal) {
    await using differ = new LayerDiffer({ mounter: new KernelMounter({ tempRoot: join(root, 'tmp') }), processors })
    const content = new MemoryContentStore()
    const digest = await content.put(stored)
    const mounts = [{ type: 'bind', source: join(root, 'fs'), options: ['rbind', 'rw'] }]
    return await differ.apply({ mediaType: encrypted, digest, sizeBytes: stored.length }, mounts, content, {
      payloads,
      signal,
    })
  }

  const plain = archive([{ name: 'f', content: Buffer.alloc(3_000_000, 'secret ') }])
  const wrapped = Buffer.concat([Buffer.from('8 bytes!'), gzipSync(plain)])

  it('turn another media type into a layer', async () => {
    const applied = await apply(wrapped, [shell('unwrap', 'tail -c +9')])
    expect(applied).toMatchObject({ mediaType: oci, sizeBytes: plain.length })
    expect((await readFile(join(root, 'fs', 'f'))).equals(Buffer.alloc(3_000_000, 'secret '))).toBe(true)
  })

  it('chain, the newest first, each told its media type, environment and payload', async () => {
    await writeFile(join(root, 'layer'), plain)
    const note = (name: string): string => `{ echo "$STREAM_PROCESSOR_MEDIATYPE $WHERE"; cat <&3; } > ${root}/${name}`
    const processors = [
      shell('old', 'exit 1'),
      shell('new', `${note('new')}; cat`, encrypted, 'application/x.step'),
      shell('last', 'cat', 'application/x.step', oci),
    ]
    await apply(plain, processors, { new: { typeUrl: 'a.Type', value: Buffer.from('payload') } })
    const noted = await readFile(join(root, 'new'))
    expect(noted.equals(Buffer.from(`${encrypted} here\n\n\x06a.Type\x12\x07payload`))).toBe(true)
  })

  it('fail the layer with what they wrote to stderr', async () => {
    await expect(
      apply(plain, [shell('bad', 'cat >/dev/null; echo no key for this >&2; exit 3', encrypted, oci)]),
    ).rejects.toThrow(/stream processor bad ended with 3: no key for this/)
    await expect(apply(plain, [{ ...shell('gone', ''), path: '/no/such/program' }])).rejects.toThrow(
      'stream processor gone',
    )
  })

  it('are killed at an abort', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 100)
    await expect(
      apply(plain, [shell('slow', 'exec sleep 60', encrypted, oci)], {}, controller.signal),
    ).rejects.toMatchObject({ name: 'AbortError' })
  })
})
