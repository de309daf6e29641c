// SPDX-License-Identifier: Apache-2.0
import { startRegistry } from '@containerd-ts/testkit'
import { bigImage } from '../world/big-image.ts'
import { compareTransfers } from './transfer.ts'
import type { Measure } from './measure.ts'

/** `ctr images pull` of the same image from a registry on this machine. */
export const pull: Measure = {
  name: 'pull',
  async run(world, settings) {
    const image = await bigImage(settings)
    await using registry = await startRegistry()
    const ref = await registry.push(image.layout, 'library/big', 'latest')
    return await compareTransfers(world, settings, {
      id: 'pull',
      title: 'pull of a big image',
      image,
      name: ref,
      args: ['images', 'pull', '--plain-http', ref],
    })
  },
}
