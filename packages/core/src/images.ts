// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { Digest } from './digest.ts'
import type { FieldPaths } from './field-mask.ts'
import type { Filter } from './filter.ts'
import type { Labels } from './labels.ts'

/** Points at content, as an OCI descriptor does; only these fields cross the API. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  readonly sizeBytes: number
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** A name for a manifest or index. */
export interface Image {
  readonly name: string
  readonly target: Descriptor
  readonly labels: Labels
  readonly createdAt: Date
  readonly updatedAt: Date
}

export type NewImage = Pick<Image, 'name' | 'target'> & {
  readonly labels?: Labels | undefined
  /** Taken as creation time in place of now (SOURCE_DATE_EPOCH). */
  readonly createdAt?: Date | undefined
}

export interface ImageDeleteOptions extends CallOptions {
  /** Delete only while the image still points at this digest; otherwise NotFound. */
  readonly target?: Digest | undefined
  /** Wait until garbage collection has freed what the image held. */
  readonly synchronous?: boolean | undefined
}

/** Image names of one namespace, in ascending order of names. */
export interface ImageStore {
  /** @throws {NotFoundError} */
  get(name: string, options?: CallOptions): Promise<Image>
  list(filters?: readonly Filter[], options?: CallOptions): AsyncIterable<Image>
  /** @throws {AlreadyExistsError} @throws {InvalidArgumentError} */
  create(image: NewImage, options?: CallOptions): Promise<Image>
  /** @throws {NotFoundError} @throws {InvalidArgumentError} */
  update(image: NewImage, paths?: FieldPaths, options?: CallOptions): Promise<Image>
  /** @throws {NotFoundError} */
  delete(name: string, options?: ImageDeleteOptions): Promise<void>
}
