// SPDX-License-Identifier: Apache-2.0
import { FsContentStore } from '@containerd-ts/content'
import { buildContent, pushImage } from '@containerd-ts/images'
import { createResolver } from '@containerd-ts/remotes'
import { busyboxEntries, tarBytes } from '@containerd-ts/testkit'

/** Makes an image of Debian's busybox with our own packages, and pushes it: no daemon is needed for that. */
export async function pushBusybox(contentRoot: string, ref: string): Promise<string> {
  const content = new FsContentStore({ root: contentRoot })
  const layer = tarBytes(await busyboxEntries())
  const target = await buildContent(content, {
    layers: [once(layer)],
    config: { cmd: ['sh'], env: ['PATH=/usr/bin:/bin'] },
  })
  await using resolver = createResolver({ userAgent: 'containerd-ts', defaultScheme: 'http' })
  await pushImage(content, resolver, ref, target)
  return target.digest
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
