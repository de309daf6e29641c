// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { FieldPaths } from './field-mask.ts'
import type { Filter } from './filter.ts'
import type { Labels } from './labels.ts'
import type { TypedAny } from './typed-any.ts'

export interface ContainerRuntime {
  /** Such as `io.containerd.runc.v2`, or the absolute path of a shim. */
  readonly name: string
  readonly options?: TypedAny | undefined
}

/** What is needed to start a task; owns no process itself. */
export interface Container {
  readonly id: string
  readonly image: string
  readonly labels: Labels
  readonly runtime: ContainerRuntime
  /** OCI runtime spec, JSON in an Any. */
  readonly spec?: TypedAny | undefined
  readonly snapshotter: string
  readonly snapshotKey: string
  readonly sandboxId: string
  readonly extensions: Readonly<Record<string, TypedAny>>
  readonly createdAt: Date
  readonly updatedAt: Date
}

export type NewContainer = Pick<Container, 'id' | 'runtime'> & Partial<Omit<Container, 'createdAt' | 'updatedAt'>>

/** Container records of one namespace, in ascending order of ids. */
export interface ContainerStore {
  /** @throws {NotFoundError} */
  get(id: string, options?: CallOptions): Promise<Container>
  list(filters?: readonly Filter[], options?: CallOptions): AsyncIterable<Container>
  /** @throws {AlreadyExistsError} @throws {InvalidArgumentError} */
  create(container: NewContainer, options?: CallOptions): Promise<Container>
  /** Runtime, snapshotter, sandbox and id never change. @throws {NotFoundError} @throws {InvalidArgumentError} */
  update(container: NewContainer, paths?: FieldPaths, options?: CallOptions): Promise<Container>
  /** Removes the record only: a running task is not looked at. @throws {NotFoundError} */
  delete(id: string, options?: CallOptions): Promise<void>
}
