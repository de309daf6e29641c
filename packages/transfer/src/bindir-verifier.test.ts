// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { digestOf } from '@containerd-ts/core'
import { tempRoot } from '@containerd-ts/testkit'
import type { TempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { BindirVerifier } from './bindir-verifier.ts'

const descriptor = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digestOf('sha256', 'a'.repeat(64)),
  sizeBytes: 12,
}

async function withPrograms(root: TempRoot, programs: Readonly<Record<string, string>>): Promise<string> {
  const dir = root.join('bin')
  await mkdir(dir)
  for (const [name, body] of Object.entries(programs)) {
    await writeFile(`${dir}/${name}`, `#!/bin/sh\n${body}\n`)
    await chmod(`${dir}/${name}`, 0o755)
  }
  return dir
}

const verify = (init: ConstructorParameters<typeof BindirVerifier>[0]) =>
  new BindirVerifier(init).verify('docker.io/library/x:v1', descriptor)

describe('BindirVerifier', () => {
  it('accepts everything where there is no directory, or nothing in it', async () => {
    await using root = await tempRoot()
    expect((await verify({ binDir: root.join('absent') })).ok).toBe(true)
    expect((await verify({ binDir: await withPrograms(root, {}) })).ok).toBe(true)
  })

  it('tells a program the name, the digest and the descriptor', async () => {
    await using root = await tempRoot()
    const binDir = await withPrograms(root, {
      check: `echo "$@" > ${root.path}/args; cat > ${root.path}/in; echo fine`,
    })
    expect(await verify({ binDir })).toEqual({ ok: true, reason: 'check => fine' })
    expect((await readFile(root.join('args'), 'utf8')).trim()).toBe(
      `-name docker.io/library/x:v1 -digest ${descriptor.digest} -stdin-media-type application/vnd.oci.descriptor.v1+json`,
    )
    expect(JSON.parse(await readFile(root.join('in'), 'utf8'))).toEqual({
      mediaType: descriptor.mediaType,
      digest: descriptor.digest,
      size: 12,
    })
  })

  it('asks in the order of names until one is against it', async () => {
    await using root = await tempRoot()
    const binDir = await withPrograms(root, {
      '1-yes': 'echo ok',
      '2-no': 'echo unsigned; exit 3',
      '3-never': `touch ${root.path}/ran`,
    })
    expect(await verify({ binDir })).toEqual({ ok: false, reason: 'verifier 2-no rejected image: unsigned' })
    await expect(readFile(root.join('ran'))).rejects.toThrow()
  })

  it('runs no more than it is told', async () => {
    await using root = await tempRoot()
    const binDir = await withPrograms(root, { a: 'true', b: 'exit 1' })
    expect((await verify({ binDir, maxVerifiers: 1 })).ok).toBe(true)
    expect((await verify({ binDir, maxVerifiers: -1 })).ok).toBe(false)
    expect((await verify({ binDir, maxVerifiers: 0 })).ok).toBe(true)
  })

  it('takes a program that hangs, or cannot be run, for one that is against it', async () => {
    await using root = await tempRoot()
    const binDir = await withPrograms(root, { slow: 'sleep 60' })
    const slow = await verify({ binDir, perVerifierTimeoutMs: 100 })
    expect(slow).toMatchObject({ ok: false, reason: expect.stringContaining('took longer than 100 ms') })
    await chmod(`${binDir}/slow`, 0o644)
    expect((await verify({ binDir })).ok).toBe(false)
  })

  it('does not wait for what a program leaves behind, nor keep all it prints', async () => {
    await using root = await tempRoot()
    const binDir = await withPrograms(root, { loud: 'yes | head -c 300000; sleep 2 & exit 1' })
    const started = performance.now()
    const { ok, reason } = await verify({ binDir })
    expect(ok).toBe(false)
    expect(reason.length).toBeLessThan(20_000)
    expect(performance.now() - started).toBeLessThan(1500)
  })

  it('ends with the call', async () => {
    await using root = await tempRoot()
    const binDir = await withPrograms(root, { slow: 'sleep 60' })
    const call = new BindirVerifier({ binDir }).verify('x', descriptor, { signal: AbortSignal.timeout(50) })
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})
