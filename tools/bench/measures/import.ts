// SPDX-License-Identifier: Apache-2.0
import { bigImage } from '../world/big-image.ts'
import { compareTransfers } from './transfer.ts'
import type { Measure } from './measure.ts'

/** `ctr images import` of a big image, to its end: content stored, layers unpacked. */
export const importImage: Measure = {
  name: 'import',
  async run(world, settings) {
    const image = await bigImage(settings)
    return await compareTransfers(world, settings, {
      id: 'import',
      title: 'import of a big image',
      image,
      name: image.name,
      args: ['images', 'import', image.archive],
    })
  },
}
