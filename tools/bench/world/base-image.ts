// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import { busyboxEntries, layoutArchive, makeImage } from '@containerd-ts/testkit'
import type { TempRoot } from '@containerd-ts/testkit'

/** The small image that containers run from. */
export interface BaseImage {
  readonly name: string
  /** Snapshot that containers are prepared from. */
  readonly chainId: string
  readonly archive: string
}

export async function makeBaseImage(temp: TempRoot): Promise<BaseImage> {
  const name = 'docker.io/library/bench:latest'
  const { dir, layers } = await makeImage(temp.join('base-image'), { layers: [await busyboxEntries()], name })
  const archive = temp.join('base-image.tar')
  await writeFile(archive, await layoutArchive(dir))
  return { name, archive, chainId: layers[0]?.diffId ?? '' }
}
