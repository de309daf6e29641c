// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { Descriptor } from './images.ts'
import type { Labels } from './labels.ts'
import type { Namespace } from './identifier.ts'
import type { Platform } from './platform.ts'

/** Takes bytes, in order. Whoever opened it disposes it, which tells the receiver that this was all. */
export interface ByteSink extends AsyncDisposable {
  /** Resolves once the receiver has granted room for all of them. */
  write(bytes: Uint8Array, options?: CallOptions): Promise<void>
}

/** A secret without a user name is a refresh token; `header` is a whole `Authorization` header. */
export interface RegistryCredentials {
  readonly username?: string | undefined
  readonly secret?: string | undefined
  readonly header?: string | undefined
}

/** How a client wants its registry to be reached. */
export interface RegistryAccess {
  /** Directory of host configurations in place of the daemon's. */
  readonly hostDir?: string | undefined
  readonly defaultScheme?: 'http' | 'https' | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Asks the client; absent when it has none to offer for this host. */
  readonly credentials?: (
    host: string,
    challenge: string,
    options?: CallOptions,
  ) => Promise<RegistryCredentials | undefined>
  /** Gets a line for every request and answer. */
  readonly httpLog?: ByteSink | undefined
}

export interface RegistryEnd {
  readonly kind: 'registry'
  readonly reference: string
  readonly access: RegistryAccess
}

/** A name to store beside the image's own, or a prefix for the names found in an archive. */
export interface ExtraReference {
  readonly name: string
  readonly isPrefix: boolean
  /** Names from the archive need not continue the prefix. */
  readonly allowOverwrite: boolean
  /** Name each manifest `<name>@<digest>`. */
  readonly addDigest: boolean
  /** Only those that got no other name. */
  readonly skipNamedDigest: boolean
}

export interface ImageStoreEnd {
  readonly kind: 'image-store'
  readonly name: string
  readonly labels: Labels
  /** Empty: all. */
  readonly platforms: readonly Platform[]
  /** Take manifests and configs of all platforms, layers only of `platforms`. */
  readonly allMetadata: boolean
  /** Manifests taken per index, the best first; 0 is no limit. */
  readonly manifestLimit: number
  readonly extraReferences: readonly ExtraReference[]
  /** Where to unpack; an empty snapshotter leaves the choice to the daemon. */
  readonly unpacks: readonly { readonly platform: Platform; readonly snapshotter: string }[]
}

export interface ImportStreamEnd {
  readonly kind: 'import-stream'
  readonly mediaType: string
  /** Compress raw layers. */
  readonly forceCompress: boolean
  readonly bytes: AsyncIterable<Uint8Array>
}

export interface ExportStreamEnd {
  readonly kind: 'export-stream'
  readonly mediaType: string
  /** Empty: the host's. */
  readonly platforms: readonly Platform[]
  readonly allPlatforms: boolean
  readonly skipCompatibilityManifest: boolean
  readonly skipNonDistributable: boolean
  readonly sink: ByteSink
}

export type TransferEnd = RegistryEnd | ImageStoreEnd | ImportStreamEnd | ExportStreamEnd

/** Where a transfer, or one thing in it, stands. */
export interface TransferProgress {
  readonly event: string
  /** Empty when it is about the transfer as a whole. */
  readonly name: string
  readonly parents: readonly string[]
  readonly progress: number
  readonly total: number
  readonly descriptor?: Descriptor | undefined
}

export interface TransferOptions extends CallOptions {
  /** Called synchronously; must not throw. */
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined
}

/** Moves images between registries, the image store and byte streams. */
export interface Transferrer {
  /**
   * Registry to image store pulls, the other way round pushes; streams import, export, or echo; image store to image
   * store tags.
   * @throws {UnimplementedError} any other pair
   * @throws {NotFoundError} @throws {InvalidArgumentError} @throws {UnauthenticatedError} @throws {PermissionDeniedError}
   */
  transfer(
    namespace: Namespace,
    source: TransferEnd,
    destination: TransferEnd,
    options?: TransferOptions,
  ): Promise<void>
}

export interface ImageJudgement {
  readonly ok: boolean
  readonly reason: string
}

/** Decides whether an image may be pulled. */
export interface ImageVerifier {
  verify(name: string, descriptor: Descriptor, options?: CallOptions): Promise<ImageJudgement>
}
