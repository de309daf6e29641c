// SPDX-License-Identifier: Apache-2.0
import type { Mount } from '@containerd-ts/core'
import { FailedPreconditionError, NotFoundError } from '@containerd-ts/errdefs'
import type { SpawnCalls } from '@containerd-ts/native-sys'

/** Mounts `fuse.X` and `fuse3.X` through `mount.fuse` or `mount.fuse3`, as mount(8) would. */
export async function mountByHelper(calls: SpawnCalls, mount: Mount, target: string): Promise<void> {
  const [family = 'fuse', ...rest] = mount.type.split('.')
  const helper = `mount.${family}`
  const path = calls.findExecutable(helper)
  if (path === undefined) throw NotFoundError.of('mount helper', helper)
  const options = mount.options.length === 0 ? [] : ['-o', mount.options.join(',')]
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value
  using child = calls.spawn({ path, argv: [helper, mount.source, target, ...options, '-t', rest.join('.')], env })
  const { status } = await child.exited
  if (status !== 0) throw new FailedPreconditionError(`${helper} ${mount.source}: exit status ${status}`)
}
