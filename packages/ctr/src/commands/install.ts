// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto'
import { cp, lstat, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Args, Flags } from '@oclif/core'
import type { ContainerdClient } from '@containerd-ts/client'
import { AlreadyExistsError, errnoOf, NotFoundError } from '@containerd-ts/errdefs'
import { imageDetails, unpackImage, withLease } from '@containerd-ts/images'
import { KernelMounter } from '@containerd-ts/mount'
import { chainId, hostMatcher } from '@containerd-ts/oci'
import { CtrCommand } from '../cli/ctr-command.ts'

export default class Install extends CtrCommand<readonly string[]> {
  static override summary = 'install programs out of an image'
  static override args = { ref: Args.string({ required: true, description: 'name of the image' }) }
  static override flags = {
    libs: Flags.boolean({ char: 'l', summary: 'install libraries as well' }),
    replace: Flags.boolean({ char: 'r', summary: 'replace what is there' }),
    path: Flags.string({ summary: "directory to install into (default: the daemon's)" }),
  }

  override async run(): Promise<readonly string[]> {
    const { args, flags } = await this.parse(Install)
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const target = flags.path ?? (await this.#defaultPath(client))
    const { target: image } = await namespace.images.get(args.ref, { signal: this.signal })
    const snapshotterName = await this.snapshotterName(client, undefined)
    const snapshotter = namespace.snapshotter(snapshotterName)
    const platforms = hostMatcher()
    return await withLease(namespace.leases, { signal: this.signal }, async (leased) => {
      const place = { snapshotterName, snapshotter, applier: namespace.differ }
      await unpackImage(namespace, image, place, { ...leased, platforms })
      const { rootfs } = await imageDetails(namespace.content, image, platforms, leased)
      const key = `install-${randomUUID()}`
      const mounts = await snapshotter.view(key, chainId(rootfs), leased)
      await using undo = new AsyncDisposableStack()
      undo.defer(() => snapshotter.remove(key))
      const mounted = undo.use(await new KernelMounter().mountTemp(mounts, leased))
      const directories = flags.libs ? ['bin', 'lib'] : ['bin']
      return await copyFiles(mounted.path, target, directories, flags.replace)
    })
  }

  /** Where the daemon looks for programs of its own. @throws {NotFoundError} it says of no such place */
  async #defaultPath(client: ContainerdClient): Promise<string> {
    const plugins = await client.introspection.plugins(['id==opt'], { signal: this.signal })
    const path = plugins.find(({ id }) => id === 'opt')?.exports['path']
    if (path === undefined) throw new NotFoundError('opt plugin: the daemon has none; name a directory with --path')
    return path
  }
}

/** Copies what lies directly in the directories; nothing is copied when something is in the way. */
async function copyFiles(
  root: string,
  target: string,
  directories: readonly string[],
  replace: boolean,
): Promise<readonly string[]> {
  const files: string[] = []
  for (const directory of directories) {
    const entries = await readdir(join(root, directory), { withFileTypes: true }).catch(ignoreMissing)
    files.push(...(entries ?? []).filter((entry) => !entry.isDirectory()).map(({ name }) => join(directory, name)))
  }
  if (!replace) {
    for (const file of files) {
      const there = await lstat(join(target, file)).catch(ignoreMissing)
      if (there !== undefined) throw new AlreadyExistsError(`cannot replace ${file} in ${target}`)
    }
  }
  for (const directory of directories) await mkdir(join(target, directory), { recursive: true })
  for (const file of files) {
    await cp(join(root, file), join(target, file), { force: true, preserveTimestamps: true, verbatimSymlinks: true })
  }
  return files
}

function ignoreMissing(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error
  return undefined
}
