// SPDX-License-Identifier: Apache-2.0
import { goPeers, tempRoot } from '@containerd-ts/testkit'
import { makeBaseImage, type BaseImage } from './base-image.ts'
import { removeCgroups } from './cgroups.ts'
import { snapshotter } from './containers.ts'
import { startDaemon, type BenchDaemon } from './daemon.ts'

/** Both daemons with the same small image, and what tells this run's things from others. */
export interface World extends AsyncDisposable {
  readonly ours: BenchDaemon
  readonly theirs: BenchDaemon
  /** containerd namespace of this run, in both. */
  readonly namespace: string
  readonly image: BaseImage
  readonly snapshotter: string
  /** Container ids are cgroup names too, so they are unique across both daemons. */
  nextId(prefix: string): string
}

/** We have no CRI; without the Go daemon's, the two hold the same services. The rest finds no disk of its kind. */
const goConfig = `version = 2
disabled_plugins = [
  "io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
]
`

export async function openWorld(binDir: string, say: (text: string) => void): Promise<World> {
  await using undo = new AsyncDisposableStack()
  const temp = undo.use(await tempRoot('ctd-bench-'))
  const peers = goPeers()
  const namespace = `bench-${process.pid}`
  undo.defer(() => removeCgroups(namespace))
  const shared = { namespace, ourBinDir: binDir }
  say('starting our daemon')
  const ours = undo.use(
    await startDaemon({
      ...shared,
      label: 'our daemon',
      binDir,
      dir: temp.join('ours'),
      env: { ...process.env, PATH: [binDir, process.env['PATH'], '/usr/sbin', '/sbin'].join(':') },
      config: 'version = 2\n',
    }),
  )
  say('starting the Go daemon')
  const theirs = undo.use(
    await startDaemon({
      ...shared,
      label: 'Go daemon',
      binDir: peers.binDir,
      dir: temp.join('theirs'),
      env: peers.env,
      config: goConfig,
    }),
  )
  const image = await makeBaseImage(temp)
  for (const daemon of [ours, theirs]) await daemon.ctr('go', 'images', 'import', image.archive)
  let count = 0
  const owned = undo.move()
  return {
    ours,
    theirs,
    namespace,
    image,
    snapshotter,
    nextId: (prefix) => `${prefix}-${process.pid}-${++count}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
