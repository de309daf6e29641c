// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fd, MountCalls } from '@containerd-ts/native-sys'
import { tempPrefix } from './temp-prefix.ts'

/**
 * Shows the lower layers of an overlay through a user namespace's id map: each is bound, mapped, to a place in
 * `scratch`, and the options name those. The overlay holds the binds once mounted; disposal detaches the names.
 */
export async function mapLowerLayers(
  calls: MountCalls,
  options: readonly string[],
  userNamespace: Fd,
  scratch: string,
): Promise<AsyncDisposable & { readonly options: readonly string[] }> {
  await using undo = new AsyncDisposableStack()
  const mapped: string[] = []
  for (const option of options) {
    if (!option.startsWith('lowerdir=')) {
      mapped.push(option)
      continue
    }
    const places: string[] = []
    for (const layer of option.slice('lowerdir='.length).split(':')) {
      const place = await mkdtemp(join(scratch, tempPrefix))
      undo.defer(() => rmdir(place))
      await calls.bindMount({ source: layer, target: place, userNamespace, propagation: 'private' })
      undo.defer(async () => void (await calls.unmount(place, { lazy: true })))
      places.push(place)
    }
    mapped.push(`lowerdir=${places.join(':')}`)
  }
  const owned = undo.move()
  return { options: mapped, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
