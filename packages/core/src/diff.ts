// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { Descriptor } from './images.ts'
import type { Labels } from './labels.ts'
import type { Mount } from './mounts.ts'
import type { TypedAny } from './typed-any.ts'
import type { ContentProvider, ContentStore } from './content.ts'

export interface ApplyOptions extends CallOptions {
  /** Parameters of stream processors, by processor id. */
  readonly payloads?: Readonly<Record<string, TypedAny>> | undefined
  /** syncfs(2) the target before answering. */
  readonly syncFs?: boolean | undefined
  /** Called with compressed bytes consumed so far. */
  readonly onProgress?: ((readBytes: number) => void) | undefined
}

/** Unpacks a layer onto mounts. */
export interface Applier {
  /**
   * Reads the layer from `content`, decompresses by its magic bytes, applies it below `mounts`, and answers the
   * descriptor of the uncompressed stream: media type OCI tar, its size, its digest (the diff ID).
   * Entries cannot leave the mount. On failure the target may be half written: it is the caller's to remove.
   * @throws {UnimplementedError} a media type this applier does not read
   */
  apply(
    layer: Descriptor,
    mounts: readonly Mount[],
    content: ContentProvider,
    options?: ApplyOptions,
  ): Promise<Descriptor>
}

export interface CompareOptions extends CallOptions {
  /** Default: OCI tar+gzip. */
  readonly mediaType?: string | undefined
  /** Ingest ref to use; its bytes are dropped first. */
  readonly ref?: string | undefined
  readonly labels?: Labels | undefined
  /** Upper bound of every mtime in the layer (SOURCE_DATE_EPOCH). */
  readonly sourceDateEpoch?: Date | undefined
}

/** Makes a layer out of the difference between two mounted states. */
export interface Comparer {
  /** @throws {UnimplementedError} a media type this comparer does not write */
  compare(
    lower: readonly Mount[],
    upper: readonly Mount[],
    content: ContentStore,
    options?: CompareOptions,
  ): Promise<Descriptor>
}

export interface Differ extends Applier, Comparer {}
