// SPDX-License-Identifier: Apache-2.0
import { Snapshots } from '@containerd-ts/api/services/snapshots/v1/snapshots_pb'
import { snapshotterService } from '@containerd-ts/services'
import { NativeSnapshotter } from '@containerd-ts/snapshotter-native'
import { eventually, tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { servePlugins } from '../served-plugins.ts'
import { expectClean, good, imageName, interopGate, openWorld, row } from '../world.ts'

describe.skipIf(!interopGate.open)('a snapshotter in another process', () => {
  it('takes the layers, runs a container and is emptied by garbage collection', async () => {
    await using root = await tempRoot('ctd-remote-')
    await using native = await NativeSnapshotter.open({ root: root.join('snapshots') })
    await using served = await servePlugins((router) => router.service(Snapshots, snapshotterService(native)))
    const names = async (): Promise<readonly string[]> => (await Array.fromAsync(native.list())).map(({ name }) => name)
    const config = `version = 2
[proxy_plugins.remote]
  type = "snapshot"
  address = ${JSON.stringify(served.address)}
  [proxy_plugins.remote.exports]
    root = ${JSON.stringify(root.path)}
`
    await using world = await openWorld({ config })
    const { daemon } = world
    const plugins = await good(daemon, 'plugins', 'ls')
    expect(plugins.split('\n').find((line) => / remote /.test(line))).toMatch(
      /snapshotter\.v1 +remote +linux\/amd64 +ok/,
    )
    expect(await good(daemon, 'plugins', 'ls', '-d', 'id==remote')).toContain(served.address)

    await good(daemon, 'images', 'import', '--snapshotter', 'remote', world.archive)
    expect(await names()).toHaveLength(1)
    const run = ['run', '--rm', '--snapshotter', 'remote', imageName, 'c1']
    expect(await good(daemon, ...run, 'echo', 'from afar')).toBe('from afar\n')
    expect(
      row(await good(daemon, 'snapshot', '--snapshotter', 'remote', 'ls'), (await names())[0]!.split('/')[2]!),
    ).toContain('Committed')
    await expectClean(daemon)

    await good(daemon, 'images', 'rm', '--sync', imageName)
    await eventually('an empty snapshotter', async () => (await names()).length === 0)
  })
})
