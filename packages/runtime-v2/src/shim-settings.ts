// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { definePlugin, defineSlot } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { isAbsolute, join } from 'node:path'

/** How shims are started, whoever starts them. */
export interface ShimSettings {
  /** Added to the environment of `start`. */
  readonly env: Readonly<Record<string, string>>
  readonly socketDir: string
}

export const ShimManagers = defineSlot<ShimSettings>('io.containerd.shim.v1')

/** Room that the name of a socket leaves in the 108 bytes of an address. */
const maxSocketDirBytes = 42

export const shimManagerPlugin: AnyPlugin = definePlugin({
  slot: ShimManagers,
  id: 'manager',
  defaults: { env: [] as readonly string[], socket_dir: '' },
  init({ config, daemon }): ShimSettings {
    const { socket_dir: configured } = config
    if (configured !== '' && (!isAbsolute(configured) || Buffer.byteLength(configured) > maxSocketDirBytes)) {
      throw new InvalidArgumentError(
        `socket_dir "${configured}" must be absolute and at most ${maxSocketDirBytes} bytes`,
      )
    }
    return {
      env: Object.fromEntries(config.env.map(splitPair)),
      socketDir: configured === '' ? join(daemon.state, 's') : configured,
    }
  },
})

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf('=')
  if (at <= 0) throw new InvalidArgumentError(`env "${pair}" is not NAME=value`)
  return [pair.slice(0, at), pair.slice(at + 1)]
}
