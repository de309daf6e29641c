// SPDX-License-Identifier: Apache-2.0
import { parseDigest } from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'
import { chainId } from '@containerd-ts/oci'
import { mustRun } from '@containerd-ts/testkit'
import { takeRounds } from '../stats/rounds.ts'
import type { BigImage } from '../world/big-image.ts'
import type { BenchDaemon, CtrKind } from '../world/daemon.ts'
import type { World } from '../world/world.ts'
import { compare, type Comparison, type Settings } from './measure.ts'

export interface Transfer {
  readonly id: string
  readonly title: string
  readonly image: BigImage
  /** Under which the image is afterwards. */
  readonly name: string
  /** Command of both ctr. */
  readonly args: readonly string[]
}

/** The same transfer by Go's ctr into both daemons, and by each daemon's own ctr; nothing of the image is there before. */
export async function compareTransfers(
  world: World,
  settings: Settings,
  { id, title, image, name, args }: Transfer,
): Promise<readonly Comparison[]> {
  const once = (daemon: BenchDaemon, kind: CtrKind) => async () => {
    await assertAbsent(world, daemon, image)
    // What the last sample left to be written would be written during this one.
    await mustRun('sync')
    const ms = await daemon.ctr(kind, ...args)
    try {
      await assertUnpacked(world, daemon, image)
    } finally {
      await daemon.ctr('go', 'images', 'rm', '--sync', name)
    }
    return { seconds: ms / 1000 }
  }
  const taken = await takeRounds(
    { rounds: settings.pairs(3, 1), warmups: 0, ...settings },
    {
      'Go ctr, our daemon': once(world.ours, 'go'),
      'all Go': once(world.theirs, 'go'),
      'all ours': once(world.ours, 'ours'),
    },
  )
  const line = { of: 'seconds', unit: 's', better: 'lower' } as const
  return [
    compare(
      { ...line, id: `${id}.go-ctr`, title: `${title}: Go ctr on both` },
      taken['Go ctr, our daemon'],
      taken['all Go'],
    ),
    compare({ ...line, id: `${id}.own-ctr`, title: `${title}: all ours, all Go` }, taken['all ours'], taken['all Go']),
  ]
}

async function assertAbsent(world: World, daemon: BenchDaemon, { layout }: BigImage): Promise<void> {
  await using client = daemon.connect()
  for (const { digest } of layout.layers) {
    const found = await client.in(world.namespace).content.info(parseDigest(digest)).catch(ignoreNotFound)
    if (found !== undefined) throw new Error(`${digest} is still there from the last time`)
  }
}

async function assertUnpacked(world: World, daemon: BenchDaemon, { layout }: BigImage): Promise<void> {
  await using client = daemon.connect()
  const top = chainId(layout.layers.map(({ diffId }) => parseDigest(diffId))) ?? ''
  await client.in(world.namespace).snapshotter(world.snapshotter).stat(top)
}

function ignoreNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error
  return undefined
}
