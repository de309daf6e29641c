// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { Namespace } from './identifier.ts'
import type { Mount } from './mounts.ts'
import type { Platform } from './platform.ts'
import type { NewSandbox } from './sandboxes.ts'
import type { Exit } from './tasks.ts'
import type { TypedAny } from './typed-any.ts'

/** What a sandbox is made of. */
export interface NewSandboxRun {
  readonly id: string
  /** Runtime name or shim path. */
  readonly runtime: string
  readonly runtimeOptions?: TypedAny | undefined
  readonly spec?: TypedAny | undefined
  readonly rootfs: readonly Mount[]
  /** Options of the sandbox itself. */
  readonly options?: TypedAny | undefined
  readonly netnsPath: string
  readonly annotations: Readonly<Record<string, string>>
}

export interface StartedSandbox {
  readonly pid: number
  readonly createdAt: Date
  readonly spec?: TypedAny | undefined
  /** Where tasks of the sandbox find its task API (`protocol+address`), and its version. */
  readonly address: string
  readonly version: number
}

export interface SandboxStatus {
  readonly id: string
  readonly pid: number
  readonly state: string
  readonly info: Readonly<Record<string, string>>
  readonly createdAt?: Date | undefined
  readonly exitedAt?: Date | undefined
  readonly extra?: TypedAny | undefined
  readonly address: string
  readonly version: number
}

/** Runs sandboxes of one kind. */
export interface SandboxController {
  /** @throws {AlreadyExistsError} @throws {UnimplementedError} the runtime runs no sandboxes */
  create(namespace: Namespace, sandbox: NewSandboxRun, options?: CallOptions): Promise<void>
  /** @throws {NotFoundError} */
  start(namespace: Namespace, id: string, options?: CallOptions): Promise<StartedSandbox>
  /** @throws {NotFoundError} */
  platform(namespace: Namespace, id: string, options?: CallOptions): Promise<Platform>
  /** Ends what runs in the sandbox; a sandbox that is gone is success. */
  stop(namespace: Namespace, id: string, options?: CallOptions & { readonly timeoutSeconds?: number }): Promise<void>
  /** @throws {NotFoundError} */
  wait(namespace: Namespace, id: string, options?: CallOptions): Promise<Exit>
  /** A sandbox that is gone answers with an empty state and the present time as its end. */
  status(
    namespace: Namespace,
    id: string,
    options?: CallOptions & { readonly verbose?: boolean },
  ): Promise<SandboxStatus>
  /** Ends the sandbox for good; one that is gone is success. */
  shutdown(namespace: Namespace, id: string, options?: CallOptions): Promise<void>
  /** @throws {NotFoundError} */
  metrics(namespace: Namespace, id: string, options?: CallOptions): Promise<TypedAny>
  /** Tells what its client has changed of the record, and in which fields. What a controller makes of it is its own matter. */
  update(namespace: Namespace, sandbox: NewSandbox, fields: readonly string[], options?: CallOptions): Promise<void>
}
