// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, InvalidArgumentError } from '@containerd-ts/errdefs'
import { MountAttr, MountFlag, type MountCalls } from '@containerd-ts/native-sys'

/** Bytes of options beyond which mount(2) is not used: the kernel takes one page. */
const maxDataBytes = 4096 - 512
/** Longest string value that fsconfig(2) takes. */
const maxValueBytes = 255

export interface OverlayMountRequest {
  readonly target: string
  readonly source: string
  readonly flags: number
  readonly options: readonly string[]
}

/**
 * Mounts an overlay with any number of layers. Short options go through mount(2) so that the mount table reads as
 * everywhere; a page or more through fsopen(2) with one `lowerdir+` each (kernel 6.8); before that kernel through
 * mount(2) with short symbolic links in `scratch`.
 */
export async function mountOverlay(calls: MountCalls, request: OverlayMountRequest, scratch: string): Promise<void> {
  const { target, source, flags, options } = request
  const data = options.join(',')
  if (Buffer.byteLength(data) < maxDataBytes) {
    await calls.mount({ target, source, type: 'overlay', flags, data })
    return
  }
  try {
    await calls.mountNew({
      target,
      type: 'overlay',
      attributes: attributesOf(flags),
      options: separateLayers(source, options),
    })
  } catch (error) {
    if (!['ENOSYS', 'EINVAL'].includes(errnoOf(error) ?? '')) throw error
    await mountThroughLinks(calls, request, scratch)
  }
}

function separateLayers(source: string, options: readonly string[]): (string | readonly [string, string])[] {
  const separated: (string | readonly [string, string])[] = [['source', source]]
  for (const option of options) {
    const equals = option.indexOf('=')
    const [name, value] = equals < 0 ? [option, undefined] : [option.slice(0, equals), option.slice(equals + 1)]
    if (value === undefined) separated.push(name)
    else if (name !== 'lowerdir') separated.push([name, value])
    else for (const layer of value.split(':')) separated.push(['lowerdir+', layer])
  }
  const long = separated.find((option) => typeof option !== 'string' && Buffer.byteLength(option[1]) > maxValueBytes)
  if (long !== undefined)
    throw new InvalidArgumentError(`overlay option ${String(long[0])} is longer than ${maxValueBytes} bytes`)
  return separated
}

async function mountThroughLinks(calls: MountCalls, request: OverlayMountRequest, scratch: string): Promise<void> {
  const links = await mkdtemp(join(scratch, 'l'))
  try {
    const options = await Promise.all(
      request.options.map(async (option, i) => {
        if (!option.startsWith('lowerdir=')) return option
        const layers = option.slice('lowerdir='.length).split(':')
        const short = layers.map((_, n) => join(links, `${i}.${n.toString(36)}`))
        await Promise.all(layers.map((layer, n) => symlink(layer, short[n] ?? '')))
        return `lowerdir=${short.join(':')}`
      }),
    )
    await calls.mount({ ...request, type: 'overlay', data: options.join(',') })
  } finally {
    await rm(links, { recursive: true })
  }
}

/** Mount attributes that stand for these flags. */
export function attributesOf(flags: number): number {
  const table: readonly (readonly [number, number])[] = [
    [MountFlag.rdonly, MountAttr.rdonly],
    [MountFlag.nosuid, MountAttr.nosuid],
    [MountFlag.nodev, MountAttr.nodev],
    [MountFlag.noexec, MountAttr.noexec],
    [MountFlag.noatime, MountAttr.noatime],
    [MountFlag.nodiratime, MountAttr.nodiratime],
    [MountFlag.strictatime, MountAttr.strictatime],
    [MountFlag.nosymfollow, MountAttr.nosymfollow],
  ]
  return table.reduce(
    (attributes, [flag, attribute]) => ((flags & flag) === 0 ? attributes : attributes | attribute),
    0,
  )
}
