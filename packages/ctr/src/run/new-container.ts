// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createContainer } from '@containerd-ts/client'
import type { ContainerRootfs, NamespaceClient } from '@containerd-ts/client'
import type { CallOptions, Container } from '@containerd-ts/core'
import { InvalidArgumentError, UnimplementedError } from '@containerd-ts/errdefs'
import { applyOptions, buildSpec, hostMatcher, only, parsePlatform, withAnnotations } from '@containerd-ts/oci'
import type { RuntimeSpec } from '@containerd-ts/oci'
import { parseLabels } from '../output/units.ts'
import type { ContainerFlags } from './container-flags.ts'
import { formatIdMaps, parseIdMaps } from './id-map.ts'
import { refuseFlags } from './refused-flags.ts'
import { runtimeOf } from './runtime-flags.ts'
import { specOptions } from './spec-options.ts'

/** What stands on the command line after the flags. */
export interface ContainerWords {
  /** Image name, or directory with `--rootfs`; empty with `--config`. */
  readonly ref: string
  readonly id: string
  readonly args: readonly string[]
}

/** @throws {InvalidArgumentError} an image or an id is missing */
export function containerWords(argv: readonly string[], flags: Pick<ContainerFlags, 'config'>): ContainerWords {
  if (flags.config !== undefined) {
    const [id = ''] = argv
    if (id === '') throw new InvalidArgumentError('with spec config file, container id should be provided')
    if (argv.length > 1) throw new InvalidArgumentError('with spec config file, only container id should be provided')
    return { ref: '', id, args: [] }
  }
  const [ref = '', id = '', ...args] = argv
  if (ref === '') throw new InvalidArgumentError('image ref must be provided')
  if (id === '') throw new InvalidArgumentError('container id must be provided')
  return { ref, id, args }
}

export interface NewContainerOptions extends CallOptions {
  /** Whether a snapshotter maps the owners of files by labels of a snapshot. */
  readonly remapsIds: (snapshotter: string) => Promise<boolean>
  /** For an image, where the flags name none. */
  readonly snapshotter: () => Promise<string>
  readonly onWarning: (message: string) => void
}

/** Makes the container that the command line describes. */
export async function newContainer(
  client: NamespaceClient,
  words: ContainerWords,
  flags: ContainerFlags,
  { snapshotter, remapsIds, onWarning, ...options }: NewContainerOptions,
): Promise<Container> {
  refuseFlags(flags)
  const runtime = await runtimeOf(flags, flags.cgroup)
  const rootfs = await rootfsOf(client, words, flags, snapshotter, options)
  if (flags.uidmap !== undefined && flags['remap-labels'] !== true && rootfs.kind === 'image') {
    if (!(await remapsIds(rootfs.snapshotter))) {
      throw new UnimplementedError(`snapshotter ${rootfs.snapshotter} cannot remap ids, and ctr does not by itself`)
    }
  }
  const platform = flags.platform === undefined ? undefined : parsePlatform(flags.platform)
  return await createContainer(
    client,
    {
      id: words.id,
      rootfs,
      runtime,
      labels: parseLabels(flags.label ?? []),
      ...(flags.sandbox === undefined ? {} : { sandboxId: flags.sandbox }),
      onWarning,
      makeSpec: async (source) => {
        if (flags.config !== undefined) return await specFromFile(flags.config, flags)
        const request = { flags, ref: words.ref, args: words.args }
        return await buildSpec(
          { namespace: client.namespace, id: words.id, platform },
          await specOptions(request, source),
        )
      },
    },
    options,
  )
}

async function rootfsOf(
  client: NamespaceClient,
  { ref }: ContainerWords,
  flags: ContainerFlags,
  snapshotter: () => Promise<string>,
  options: CallOptions,
): Promise<ContainerRootfs> {
  if (flags.config !== undefined) return { kind: 'none' }
  if (flags.rootfs) return { kind: 'directory', path: resolve(ref) }
  const [image, name] = await Promise.all([client.images.get(ref, options), snapshotter()])
  return {
    kind: 'image',
    image,
    platforms: flags.platform === undefined ? hostMatcher() : only(parsePlatform(flags.platform)),
    snapshotter: name,
    snapshotLabels: { ...parseLabels(flags['snapshotter-label'] ?? []), ...remapLabels(flags) },
    syncFs: flags['sync-fs'] ?? false,
  }
}

function remapLabels({ uidmap, gidmap }: ContainerFlags): Record<string, string> {
  if (uidmap === undefined) return {}
  return {
    'containerd.io/snapshot/uidmapping': formatIdMaps(parseIdMaps(uidmap)),
    'containerd.io/snapshot/gidmapping': formatIdMaps(parseIdMaps(gidmap)),
  }
}

async function specFromFile(path: string, flags: ContainerFlags): Promise<RuntimeSpec> {
  const text = await readFile(path, 'utf8')
  let spec: RuntimeSpec
  try {
    spec = JSON.parse(text) as RuntimeSpec
  } catch (cause) {
    throw new InvalidArgumentError(`cannot read spec ${path}`, { cause })
  }
  await applyOptions(spec, [withAnnotations(parseLabels(flags.label ?? []))])
  return spec
}
