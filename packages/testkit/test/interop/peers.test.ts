// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  allOf,
  busyboxEntries,
  goPeers,
  hasOverlayfs,
  hasPeers,
  layoutArchive,
  makeImage,
  mustRun,
  requireRoot,
  startGoDaemon,
  startRegistry,
  tempRoot,
  trackLeaks,
} from '../../src/index.ts'

const gate = allOf(requireRoot(), hasOverlayfs(), hasPeers())

describe.skipIf(!gate.open)('Go peers', () => {
  it('import, pull with a password, run, survive the daemon, leave nothing', async () => {
    await using _leaks = trackLeaks({ marks: ['ctd-go-', 'ctd-reg-', 'ctd-ns-'] })
    await using tmp = await tempRoot()
    const name = 'docker.io/library/busybox:latest'
    const image = await makeImage(tmp.join('image'), { layers: [await busyboxEntries()], name })
    await using registry = await startRegistry({ auth: { user: 'u', password: 'p' } })
    const ref = await registry.push(image, 'library/busybox', 'latest')
    await using go = await startGoDaemon()

    await writeFile(tmp.join('image.tar'), await layoutArchive(image.dir))
    expect(await go.ctr('images', 'import', tmp.join('image.tar'))).toMatchObject({ exitCode: 0 })
    expect(await go.ctr('images', 'pull', '--plain-http', ref)).toMatchObject({ exitCode: 1 })
    expect(await go.ctr('images', 'pull', '--plain-http', '--user', 'u:p', ref)).toMatchObject({ exitCode: 0 })
    const run = await go.ctr('run', '--rm', name, 'testkit-1', 'sh', '-c', 'id -u; exit 3')
    expect(run).toMatchObject({ exitCode: 3, stdout: '0\n' })

    expect(await go.ctr('run', '-d', ref, 'testkit-2', 'sleep', '300')).toMatchObject({ exitCode: 0 })
    await go.stop('SIGKILL')
    await go.start()
    expect((await go.ctr('tasks', 'ls')).stdout).toMatch(/testkit-2 +\d+ +RUNNING/)
  })

  it('skopeo and umoci open the image that we made', async () => {
    await using tmp = await tempRoot()
    const { binDir, env } = goPeers()
    const image = await makeImage(tmp.join('image'), { layers: [[{ name: 'f', data: 'x' }]], name: 'x:v1' })
    const inspected = await mustRun(join(binDir, 'skopeo'), ['inspect', `oci:${image.dir}:v1`], { env })
    expect(JSON.parse(inspected.stdout)).toMatchObject({ Digest: image.manifest.digest })
    await mustRun(join(binDir, 'umoci'), ['unpack', '--image', `${image.dir}:v1`, tmp.join('bundle')], { env })
  })
})
