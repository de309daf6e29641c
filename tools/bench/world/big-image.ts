// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun, type ImageLayout } from '@containerd-ts/testkit'
import { interruptible } from '../stats/interruptible.ts'
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
const makeTimeoutMs = 600_000

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
    await mkdir(benchCache, { recursive: true })
    // In a process of its own: a grown heap would make ours slow at starting programs.
    const script = join(import.meta.dirname, 'make-big-image.ts')
    await interruptible(signal, () =>
      mustRun(process.execPath, [...process.execArgv, script, dir], { timeoutMs: makeTimeoutMs }),
    )
  }
  const image = JSON.parse(await readFile(join(dir, 'image.json'), 'utf8')) as Omit<BigImage, 'archive'>
  return { ...image, layout: { ...image.layout, dir: join(dir, 'layout') }, archive: join(dir, 'archive.tar') }
}
