// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import {
  busyboxEntries,
  freePort,
  makeImage,
  startRegistry,
  startRegistryProxy,
  tarBytes,
  withLastLayer,
} from '@containerd-ts/testkit'
import type { Registry, RegistryProxy, TestDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectClean, good, interopGate, lines, openWorld, provesOurs } from '../world.ts'
import type { World } from '../world.ts'

for (const which of ['ours', 'go'] as const) {
  const client = which === 'ours' ? 'our ctr' : 'Go ctr'
  describe.skipIf(!interopGate.open)(
    `images that are not as they should be, pulled by ${client}`,
    provesOurs(client),
    () => {
      badImages(which)
    },
  )
}

function badImages(which: 'ours' | 'go'): void {
  let world: World
  let daemon: TestDaemon
  let registry: Registry
  let proxy: RegistryProxy

  beforeAll(async () => {
    world = await openWorld()
    daemon = world.daemon
    registry = world.use(await startRegistry())
    proxy = world.use(await startRegistryProxy(registry))
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  const ctr = (...args: readonly string[]) => (which === 'go' ? daemon.ctr(...args) : daemon.ourCtr(...args))
  const pull = (ref: string, ...flags: readonly string[]) => ctr('images', 'pull', '--plain-http', ...flags, ref)

  /** The pull fails with status 1 and these words, and no trace of it is left once the collector has run. */
  async function expectRefused(ref: string, words: RegExp, ...flags: readonly string[]): Promise<void> {
    const said = await pull(ref, ...flags)
    expect(said.stderr).toMatch(words)
    expect(said.exitCode, said.stderr).toBe(1)
    // Go's ctr names the image before it unpacks.
    if (which === 'go') await daemon.ctr('images', 'rm', '--sync', ref)
    expect(await good(daemon, 'images', 'ls', '-q')).not.toContain(ref)
    await settled()
  }

  /** Runs the collector, and lets go of ingests that are kept for the next try. */
  async function settled(): Promise<void> {
    for (const ref of lines(await good(daemon, 'content', 'active'))
      .slice(1)
      .map((line) => line.split('\t')[0] ?? ''))
      expect(ref).toMatch(/^(layer|config|manifest)-sha256:/)
    await good(daemon, 'leases', 'create', '--id', 'collect')
    await good(daemon, 'leases', 'rm', '--sync', 'collect')
    expect(lines(await good(daemon, 'leases', 'ls', '-q'))).toEqual([])
    expect(lines(await good(daemon, 'snapshots', 'ls')).slice(1)).toEqual([])
    expect(daemon.leftovers()).toEqual([])
  }

  const pushed = async (name: string, layer: Uint8Array): Promise<string> => {
    const image = await withLastLayer(world.temp.join(name), world.image, layer)
    await registry.push(image, `bad/${name}`, '1')
    return `${registry.host}/bad/${name}:1`
  }

  it('unknown to the registry', async () => {
    await expectRefused(`${registry.host}/no/such:1`, /no\/such:1: not found/)
  })

  it('whose registry is not there', async () => {
    const host = `127.0.0.1:${await freePort()}`
    await expectRefused(`${host}/no/registry:1`, new RegExp(`${host}.*connection refused|ECONNREFUSED.*${host}`))
  })

  it('whose layer the registry has lost', async () => {
    const ref = await pushed('lost', gzipSync(tarBytes([{ name: `lost-${which}`, data: 'x' }])))
    const name = ref.slice(registry.host.length + 1, -2)
    const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }
    const manifest = (await (await registry.fetch(`/v2/${name}/manifests/1`, { headers })).json()) as {
      layers: { digest: string }[]
    }
    const digest = manifest.layers[0]?.digest ?? ''
    expect((await registry.fetch(`/v2/${name}/blobs/${digest}`, { method: 'DELETE' })).status).toBe(202)
    await expectRefused(ref, new RegExp(`${digest}.*not found|404`))
  })

  it('without a host', async () => {
    const said = await pull('busybox')
    expect(said).toMatchObject({ exitCode: 1, stdout: '' })
    expect(said.stderr).toMatch(
      which === 'ours' ? /busybox.*docker\.io\/library\/busybox/s : /invalid reference|object required/,
    )
  })

  it('for another platform', async () => {
    const image = await makeImage(world.temp.join('arm'), {
      layers: [[{ name: 'x', data: 'x' }]],
      platform: { architecture: 'arm64', os: 'linux' },
    })
    await registry.push(image, 'bad/arm', 'one')
    const mediaType = 'application/vnd.oci.image.index.v1+json'
    const manifests = [{ ...image.manifest, platform: { architecture: 'arm64', os: 'linux' } }]
    const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests })
    const headers = { 'content-type': mediaType }
    const put = await registry.fetch('/v2/bad/arm/manifests/1', { method: 'PUT', body, headers })
    expect(put.status).toBe(201)
    await expectRefused(`${registry.host}/bad/arm:1`, /no match for platform in manifest.*: not found/)
  })

  it('whose blob is not what its digest says', async () => {
    const ref = (await registry.push(world.image, 'bad/lie', '1')).replace(registry.host, proxy.host)
    const layer = world.image.layers[0]?.digest
    proxy.change({
      alterBlob: (digest, piece) => (digest === layer ? Buffer.from(piece.map((byte) => byte ^ 1)) : piece),
    })
    await expectRefused(
      ref,
      /unexpected commit digest sha256:[0-9a-f]+, expected sha256:[0-9a-f]+: failed precondition/,
    )
    proxy.change({})
    expect(await pull(ref)).toMatchObject({ exitCode: 0 })
    await good(daemon, 'images', 'rm', '--sync', ref)
  })

  it('whose layer is no gzip', async () => {
    await expectRefused(await pushed('nogzip', Buffer.from('by no means a gzip stream')), /gzip|tar/i)
  })

  it('whose gzip breaks off', async () => {
    const whole = gzipSync(tarBytes(await busyboxEntries()))
    await expectRefused(
      await pushed('cutgzip', whole.subarray(0, whole.length / 2)),
      /unexpected EOF|unexpected end|truncated/i,
    )
  })

  it('whose tar is broken', async () => {
    const tar = tarBytes([
      { name: 'one', data: 'x'.repeat(3000) },
      { name: 'two', data: 'y' },
    ])
    tar.fill(0x5a, 1024 + 3072 - 512, 1024 + 3072 + 512)
    await expectRefused(await pushed('badtar', gzipSync(tar)), /tar|header|diff ?id/i)
  })

  it('whose layer has another diff ID than the configuration says', async () => {
    await expectRefused(
      await pushed('otherdiff', gzipSync(tarBytes([{ name: 'one', data: '1' }]))),
      /wrong diff ?id|diff ?id/i,
    )
  })

  it('whose entries climb out of the root', async () => {
    const outside = world.temp.join('outside')
    const up = '../'.repeat(20)
    const image = await makeImage(world.temp.join(`climb-${which}`), {
      layers: [
        [
          { name: `${up}${outside.slice(1)}`, data: 'escaped' },
          { name: 'door', type: 'symlink', target: world.temp.path },
          { name: 'door/outside', data: 'escaped' },
          { name: 'up', type: 'symlink', target: `${up}${world.temp.path.slice(1)}` },
          { name: 'up/outside', data: 'escaped' },
        ],
      ],
    })
    const ref = await registry.push(image, 'bad/climb', '1')
    const said = await pull(ref)
    expect(existsSync(outside)).toBe(false)
    const complaint = said.exitCode === 0 ? /^/ : /breakout|outside|climb|escape|not a directory|door|\.\./i
    expect(said.stderr).toMatch(complaint)
    await ctr('images', 'rm', '--sync', ref)
    await settled()
  })

  it('behind a password', async () => {
    await using locked = await startRegistry({ auth: { user: 'me', password: 'secret' } })
    const ref = await locked.push(world.image, 'private/busybox', '1')
    await expectRefused(ref, /401 Unauthorized|unauthorized|authorization failed/i)
    await expectRefused(ref, /401 Unauthorized|unauthorized|authorization failed/i, '--user', 'me:wrong')
    expect(await pull(ref, '--user', 'me:secret')).toMatchObject({ exitCode: 0 })
    await good(daemon, 'images', 'rm', '--sync', ref)
    await settled()
  })

  it('and nothing is left', async () => {
    await expectClean(daemon)
  })
}
