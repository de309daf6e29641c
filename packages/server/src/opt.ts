// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { definePlugin, defineSlot } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'

interface ProgramDirectory {
  readonly path: string
}

const Internals = defineSlot<ProgramDirectory>('io.containerd.internal.v1')

/** The directory that `ctr install` fills: its programs and libraries come first for whatever the daemon starts. */
export const optPlugin: AnyPlugin = definePlugin({
  slot: Internals,
  id: 'opt',
  defaults: { path: '/opt/containerd' },
  async init({ config: { path }, meta }): Promise<ProgramDirectory> {
    meta.exports['path'] = path
    for (const [directory, variable] of [
      ['bin', 'PATH'],
      ['lib', 'LD_LIBRARY_PATH'],
    ] as const) {
      const place = join(path, directory)
      await mkdir(place, { recursive: true, mode: 0o711 })
      process.env[variable] = withFirst(place, process.env[variable] ?? '')
    }
    return { path }
  },
})

/** A search path that begins with `place`, once. */
const withFirst = (place: string, rest: string): string =>
  [place, ...rest.split(':').filter((entry) => entry !== '' && entry !== place)].join(':')
