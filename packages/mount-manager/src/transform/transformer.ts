// SPDX-License-Identifier: Apache-2.0
import type { ActiveMount, CallOptions, Mount } from '@containerd-ts/core'

/** Rewrites a mount before it is made, and may prepare what it needs. */
export interface Transformer {
  /** @param earlier - the mounts before it, made already */
  transform(mount: Mount, earlier: readonly ActiveMount[], options: CallOptions): Promise<Mount>
}

export interface TakenOptions {
  readonly taken: readonly (readonly [key: string, value: string])[]
  readonly rest: readonly string[]
}

/** Takes the options that start with `X-containerd.<name>.` out of a mount: their keys and values, and the others. */
export function takeOptions(mount: Mount, name: string): TakenOptions {
  const prefix = `X-containerd.${name}.`
  const taken = mount.options
    .filter((option) => option.startsWith(prefix))
    .map((option): readonly [string, string] => {
      const [key = '', ...value] = option.slice(prefix.length).split('=')
      return [key, value.join('=')]
    })
  return { taken, rest: mount.options.filter((option) => !option.startsWith(prefix)) }
}
