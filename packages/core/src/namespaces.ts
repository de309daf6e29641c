// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { FieldPaths } from './field-mask.ts'
import type { Namespace } from './identifier.ts'
import type { Labels } from './labels.ts'

export interface NamespaceInfo {
  readonly name: Namespace
  readonly labels: Labels
}

/** Namespaces come into being when created, or on the first write of anything inside them. */
export interface NamespaceStore {
  /** Labels of the namespace; none when it does not exist. */
  labels(name: Namespace, options?: CallOptions): Promise<Labels>
  list(options?: CallOptions): AsyncIterable<NamespaceInfo>
  /** @throws {AlreadyExistsError} @throws {InvalidArgumentError} */
  create(name: Namespace, labels?: Labels, options?: CallOptions): Promise<void>
  /** Creates the namespace when it is missing. `paths` hold `labels.<key>` only. */
  update(name: Namespace, labels: Labels, paths?: FieldPaths, options?: CallOptions): Promise<void>
  /** @throws {NotFoundError} @throws {FailedPreconditionError} images, blobs, containers or snapshots are left */
  delete(name: Namespace, options?: CallOptions): Promise<void>
}
