// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'

/** One mount to make; the field's mount descriptor. `target` is a sub-path below the mount root, usually absent. */
export interface Mount {
  readonly type: string
  readonly source: string
  readonly target?: string | undefined
  readonly options: readonly string[]
}

/** Turns mount descriptors into mounts. */
export interface Mounter {
  /** Mounts all, in order, onto `target`; unwinds what it did when a later one fails. */
  mountAll(mounts: readonly Mount[], target: string, options?: CallOptions): Promise<void>
  /** Unmounts everything mounted at `target` (and, with `recursive`, below it). Nothing mounted there is success. */
  unmountAll(target: string, options?: UnmountOptions): Promise<void>
  /** Whether the running kernel mounts this file system type. */
  supports(type: string): Promise<boolean>
  /** Mounts onto a fresh directory; disposal unmounts and removes it. */
  mountTemp(mounts: readonly Mount[], options?: CallOptions): Promise<TempMount>
}

export interface UnmountOptions extends CallOptions {
  readonly recursive?: boolean | undefined
  /** Detach now, finish when the last user is gone (MNT_DETACH). */
  readonly lazy?: boolean | undefined
}

/** A temporary mount owned by whoever holds this. */
export interface TempMount extends AsyncDisposable {
  readonly path: string
}

/** A named activation: mounts that need user-space handling before the kernel sees them. */
export interface MountActivation {
  readonly name: string
  readonly active: readonly ActiveMount[]
  /** What remains for the caller to mount. */
  readonly system: readonly Mount[]
  readonly labels: Readonly<Record<string, string>>
}

export interface ActiveMount {
  readonly mount: Mount
  readonly mountedAt?: Date | undefined
  readonly mountPoint: string
  readonly data: Readonly<Record<string, string>>
}

export interface ActivateOptions extends CallOptions {
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Adds a final bind of the last mount. */
  readonly temporary?: boolean | undefined
}

/** What a handler made of a mount. */
export interface HandledMount {
  /** Kept with the activation, handed back at unmount and shown to clients. */
  readonly data: Readonly<Record<string, string>>
}

/** Mounts what the kernel alone does not: one handler per mount type. */
export interface MountHandler {
  /** Mount type it handles, without transformers. */
  readonly type: string
  /** Makes the mount appear at `mountPoint`, which does not exist yet; its parent directory does. */
  mount(mount: Mount, mountPoint: string, options?: CallOptions): Promise<HandledMount>
  /** Undoes it, whatever is left of it. Idempotent; the mount point is gone or an empty directory afterwards. */
  unmount(mountPoint: string, options?: CallOptions): Promise<void>
}

/** Activates mounts under a name, per namespace; they last at most until the next boot. */
export interface MountManager {
  /**
   * @throws {UnimplementedError} no mount of these needs handling: mount them yourself
   * @throws {AlreadyExistsError} the name is active
   */
  activate(name: string, mounts: readonly Mount[], options?: ActivateOptions): Promise<MountActivation>
  /** @throws {NotFoundError} */
  deactivate(name: string, options?: CallOptions): Promise<void>
  /** @throws {NotFoundError} */
  info(name: string, options?: CallOptions): Promise<MountActivation>
  list(options?: CallOptions): AsyncIterable<MountActivation>
}
