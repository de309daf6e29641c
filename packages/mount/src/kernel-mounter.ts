// SPDX-License-Identifier: Apache-2.0
import { constants, readlinkSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, realpath, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  silentLogger,
  type CallOptions,
  type Logger,
  type Mount,
  type Mounter,
  type TempMount,
  type UnmountOptions,
} from '@containerd-ts/core'
import { errnoOf, FailedPreconditionError, UnimplementedError } from '@containerd-ts/errdefs'
import { sleep } from '@containerd-ts/lifecycle'
import {
  AT_FDCWD,
  MountFlag,
  native,
  Resolve,
  type FileCalls,
  type MountCalls,
  type NamespaceCalls,
  type SpawnCalls,
} from '@containerd-ts/native-sys'
import { mountBind } from './bind-mount.ts'
import { mountByHelper } from './fuse-helper.ts'
import { parseIdMappings } from './id-mapping.ts'
import { mapLowerLayers } from './idmapped-overlay.ts'
import { parseMountOptions, type ParsedOptions } from './mount-options.ts'
import { mountPointsBelow } from './mount-table.ts'
import { tempPrefix } from './temp-prefix.ts'
import { mountOverlay } from './overlay-mount.ts'
import { withoutVolatile } from './overlay-options.ts'

/** The system calls that mounting needs. */
export type MounterCalls = MountCalls & NamespaceCalls & SpawnCalls & Pick<FileCalls, 'openAt' | 'close'>

export interface KernelMounterInit {
  /** Where temporary mounts are made; created (0700) when missing. Default: the system's directory for temporary files. */
  readonly tempRoot?: string | undefined
  readonly logger?: Logger | undefined
  /** Default: the kernel. */
  readonly calls?: MounterCalls | undefined
}

/** O_PATH of open(2), which `fs.constants` lacks. */
const oPath = 0o10000000
const busyTries = 40
const busyPauseMs = 25

async function isRegistered(type: string): Promise<boolean> {
  const lines = (await readFile('/proc/filesystems', 'utf8')).split('\n')
  return lines.some((line) => line.split('\t').at(-1) === type)
}

/** Mounts in the calling process's own mount namespace. */
export class KernelMounter implements Mounter {
  readonly #tempRoot: string
  readonly #logger: Logger
  readonly #calls: MounterCalls

  constructor(init: KernelMounterInit = {}) {
    this.#tempRoot = init.tempRoot ?? tmpdir()
    this.#logger = init.logger ?? silentLogger
    this.#calls = init.calls ?? native
  }

  async mountAll(mounts: readonly Mount[], target: string, options: CallOptions = {}): Promise<void> {
    await using undo = new AsyncDisposableStack()
    for (const mount of mounts) {
      options.signal?.throwIfAborted()
      const place = this.#place(target, mount.target)
      await this.#mount(mount, place)
      undo.defer(async () => void (await this.#calls.unmount(place, { lazy: true })))
    }
    undo.move()
  }

  async unmountAll(target: string, options: UnmountOptions = {}): Promise<void> {
    let path: string
    try {
      path = await realpath(target)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return
      // A FUSE server that died answers ENOTCONN, a lost network file system ESTALE; the name itself can be unmounted.
      path = target
    }
    const points = options.recursive === true ? await mountPointsBelow(path) : [path]
    for (const point of points) await this.#unmountUntilGone(point, options)
  }

  async supports(type: string): Promise<boolean> {
    if (await isRegistered(type)) return true
    // A file system built as a module is registered once the module is loaded.
    const modprobe = /^\w+$/.test(type) ? this.#calls.findExecutable('modprobe') : undefined
    if (modprobe === undefined) return false
    using child = this.#calls.spawn({ path: modprobe, argv: ['modprobe', '-q', '--', type], env: {} })
    await child.exited
    return await isRegistered(type)
  }

  async mountTemp(mounts: readonly Mount[], options: CallOptions = {}): Promise<TempMount> {
    await using undo = new AsyncDisposableStack()
    await mkdir(this.#tempRoot, { recursive: true, mode: 0o700 })
    const path = await mkdtemp(join(this.#tempRoot, tempPrefix))
    undo.defer(() => rmdir(path)) // never recursive: something may still be mounted
    await this.mountAll(withoutVolatile(mounts), path, options)
    undo.defer(() => this.#unmountTemp(path))
    const owned = undo.move()
    return { path, [Symbol.asyncDispose]: () => owned.disposeAsync() }
  }

  /** Unmounts and removes temporary mounts that a killed process left in `tempRoot`. Call before the first `mountTemp`. */
  async cleanUpTempMounts(): Promise<void> {
    const names = await readdir(this.#tempRoot).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return []
      throw error
    })
    for (const name of names.filter((n) => n.startsWith(tempPrefix))) {
      const path = join(this.#tempRoot, name)
      try {
        await this.unmountAll(path, { recursive: true, lazy: true })
        await rmdir(path)
      } catch (error) {
        this.#logger.warn('stale temporary mount stays', { path, error })
      }
    }
  }

  async #mount(mount: Mount, target: string): Promise<void> {
    const parsed = parseMountOptions(mount.options)
    if (parsed.loop) throw new UnimplementedError(`mount ${mount.source}: option loop`)
    if (/^fuse3?\./.test(mount.type)) return mountByHelper(this.#calls, mount, target)
    await this.#mountParsed(mount, parsed, target)
    for (const flags of parsed.propagation) await this.#calls.mount({ target, flags })
  }

  async #mountParsed(mount: Mount, parsed: ParsedOptions, target: string): Promise<void> {
    const { flags, data } = parsed
    using userNamespace = await this.#userNamespace(parsed)
    if ((flags & MountFlag.bind) !== 0 && (flags & MountFlag.remount) === 0) {
      await mountBind(this.#calls, { source: mount.source, target, flags, userNamespace: userNamespace?.fd })
    } else if (mount.type === 'overlay' && (flags & MountFlag.remount) === 0) {
      await mkdir(this.#tempRoot, { recursive: true, mode: 0o700 })
      await using mapped =
        userNamespace === undefined
          ? undefined
          : await mapLowerLayers(this.#calls, data, userNamespace.fd, this.#tempRoot)
      const options = mapped?.options ?? data
      await mountOverlay(this.#calls, { target, source: mount.source, flags, options }, this.#tempRoot)
    } else {
      if (userNamespace !== undefined) throw new UnimplementedError(`id-mapped mount of type ${mount.type}`)
      await this.#calls.mount({ target, source: mount.source, type: mount.type, flags, data: data.join(',') })
    }
  }

  async #userNamespace({ uidMap, gidMap }: ParsedOptions): Promise<(Disposable & { readonly fd: number }) | undefined> {
    if (uidMap === undefined && gidMap === undefined) return undefined
    const uidMappings = parseIdMappings(uidMap ?? gidMap ?? '')
    const gidMappings = parseIdMappings(gidMap ?? uidMap ?? '')
    const { user } = await this.#calls.createNamespaces({ kinds: ['user'], uidMappings, gidMappings })
    if (user === undefined) throw new FailedPreconditionError('no user namespace for id mapping')
    return { fd: user, [Symbol.dispose]: () => this.#calls.close(user) }
  }

  /** Where a mount goes: `target`, or a path below it that symbolic links cannot lead out of. */
  #place(target: string, subPath: string | undefined): string {
    if (subPath === undefined || subPath === '') return target
    const root = this.#calls.openAt(AT_FDCWD, target, { flags: constants.O_DIRECTORY, resolve: 0 })
    try {
      const place = this.#calls.openAt(root, subPath, { flags: oPath, resolve: Resolve.inRoot })
      try {
        return readlinkSync(`/proc/self/fd/${place}`)
      } finally {
        this.#calls.close(place)
      }
    } finally {
      this.#calls.close(root)
    }
  }

  /** Mounts may be stacked on one point. A busy one is tried again for a second. */
  async #unmountUntilGone(target: string, options: UnmountOptions): Promise<void> {
    for (let tries = 0; ;) {
      options.signal?.throwIfAborted()
      try {
        if (!(await this.#calls.unmount(target, { lazy: options.lazy ?? false }))) return
      } catch (error) {
        const errno = errnoOf(error)
        if (errno === 'ENOENT') return
        if (errno !== 'EBUSY' || ++tries >= busyTries) throw error
        await sleep(busyPauseMs, options.signal)
      }
    }
  }

  /** A reader that is slow to close its files must not leave the mount behind. */
  async #unmountTemp(path: string): Promise<void> {
    try {
      await this.unmountAll(path, { recursive: true })
    } catch (error) {
      if (errnoOf(error) !== 'EBUSY') throw error
      this.#logger.warn('temporary mount is busy, detaching it', { path })
      await this.unmountAll(path, { recursive: true, lazy: true })
    }
  }
}
