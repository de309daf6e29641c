// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ImageLayout } from '@containerd-ts/testkit'
import { childScript } from './child-script.ts'
import { benchCache } from './places.ts'

export interface BigImage {
  readonly name: string
  readonly layout: ImageLayout
  /** The same as one archive. */
  readonly archive: string
  readonly compressedBytes: number
  readonly unpackedBytes: number
  readonly files: number
}

/** Goes up whenever the contents change. */
const version = 1

/** The image of .cache/bench, made when it is absent: the same bytes each time. */
export async function bigImage({
  signal,
  say,
}: {
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}): Promise<BigImage> {
  const dir = join(benchCache, `image-${version}`)
  if (!existsSync(dir)) {
    say('making the image, once (about 600 MB; it is kept in .cache/bench)')
    const partial = `${dir}.${process.pid}`
    await mkdir(partial, { recursive: true })
    try {
      // In a process of its own: a grown heap would make ours slow at starting programs.
      await childScript(fileURLToPath(import.meta.resolve('./make-big-image.ts')), [partial], signal)
      await rename(partial, dir)
    } finally {
      await rm(partial, { recursive: true, force: true })
    }
  }
  const image = JSON.parse(await readFile(join(dir, 'image.json'), 'utf8')) as Omit<BigImage, 'archive'>
  return { ...image, layout: { ...image.layout, dir: join(dir, 'layout') }, archive: join(dir, 'archive.tar') }
}
