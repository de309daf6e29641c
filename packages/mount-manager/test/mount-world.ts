// SPDX-License-Identifier: Apache-2.0
import { MemoryContentStore } from '@containerd-ts/conformance/content'
import { RecordingPublisher } from '@containerd-ts/conformance/metadata'
import type { Logger, MountHandler, MountManager, NamespaceView } from '@containerd-ts/core'
import { parseNamespace, silentLogger } from '@containerd-ts/core'
import { createMetadata, type LmdbMetadata } from '@containerd-ts/metadata'
import { KernelMounter } from '@containerd-ts/mount'
import { LoopHandler, MountCollector, openMountActivator } from '@containerd-ts/mount-manager'
import type { MountActivator, MountActivatorInit } from '@containerd-ts/mount-manager'
import { openStore } from '@containerd-ts/store'
import { leftovers, tempRoot, trackLeaks, type TempRoot } from '@containerd-ts/testkit'

/** A mount manager as the daemon composes it: beside metadata in one store, collected with it. */
export interface MountWorld extends AsyncDisposable {
  readonly temp: TempRoot
  readonly manager: MountManager
  readonly activator: MountActivator
  readonly metadata: LmdbMetadata
  /** Metadata of namespace `default`. */
  readonly view: NamespaceView
  in(namespace: string): MountManager
  /** Names in the directory of mount points. */
  readonly targetRoot: string
  /** A second manager on the same records, as after a restart. */
  reopen(init?: Partial<MountActivatorInit>): Promise<MountActivator>
}

export interface MountWorldRequest {
  readonly handlers?: readonly MountHandler[]
  readonly logger?: Logger
}

export async function openMountWorld(request: MountWorldRequest = {}): Promise<MountWorld> {
  await using undo = new AsyncDisposableStack()
  const temp = undo.use(await tempRoot('ctd-mm-'))
  undo.use(trackLeaks({ marks: [temp.path], files: false }))
  const store = undo.use(await openStore(temp.join('store')))
  const metadata = undo.use(
    await createMetadata({
      store: store.sub('metadata'),
      content: new MemoryContentStore(),
      snapshotters: {},
      events: new RecordingPublisher(),
    }),
  )
  const logger = request.logger ?? silentLogger
  const targetRoot = temp.join('t')
  const mounter = new KernelMounter({ tempRoot: temp.join('tmpmounts') })
  const open = (init: Partial<MountActivatorInit> = {}): Promise<MountActivator> =>
    openMountActivator({
      database: store.sub('mount-manager'),
      targetRoot,
      mounter,
      handlers: request.handlers ?? [new LoopHandler()],
      allowedRoots: [temp.path],
      logger,
      ...init,
    })
  const activator = await open()
  // Whatever a test leaves active goes with the records.
  undo.defer(async () => void (await open({ bootId: 'end of test' })))
  metadata.register(new MountCollector(activator, logger))
  const owned = undo.move()
  return {
    temp,
    activator,
    metadata,
    manager: activator.in(parseNamespace('default')),
    view: metadata.in(parseNamespace('default')),
    in: (namespace) => activator.in(parseNamespace(namespace)),
    targetRoot,
    reopen: open,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Mounts below a directory, as `path (type)`. */
export const mountsIn = (directory: string): readonly string[] =>
  leftovers([directory]).map((line) => line.replace('mount ', '').replaceAll(`${directory}/`, ''))
