// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { ContainerRuntime } from './containers.ts'
import type { FieldPaths } from './field-mask.ts'
import type { Filter } from './filter.ts'
import type { Labels } from './labels.ts'
import type { TypedAny } from './typed-any.ts'

/** Record of a group of containers that share an environment. */
export interface Sandbox {
  readonly id: string
  readonly labels: Labels
  readonly runtime: ContainerRuntime
  readonly spec?: TypedAny | undefined
  /** Name of the controller that runs it. */
  readonly sandboxer: string
  readonly extensions: Readonly<Record<string, TypedAny>>
  readonly createdAt: Date
  readonly updatedAt: Date
}

export type NewSandbox = Pick<Sandbox, 'id'> & Partial<Omit<Sandbox, 'createdAt' | 'updatedAt'>>

/** Sandbox records of one namespace. */
export interface SandboxStore {
  /** @throws {NotFoundError} */
  get(id: string, options?: CallOptions): Promise<Sandbox>
  list(filters?: readonly Filter[], options?: CallOptions): AsyncIterable<Sandbox>
  /** @throws {AlreadyExistsError} @throws {InvalidArgumentError} */
  create(sandbox: NewSandbox, options?: CallOptions): Promise<Sandbox>
  /** @throws {NotFoundError} @throws {InvalidArgumentError} */
  update(sandbox: NewSandbox, paths?: FieldPaths, options?: CallOptions): Promise<Sandbox>
  /** @throws {NotFoundError} */
  delete(id: string, options?: CallOptions): Promise<void>
}
