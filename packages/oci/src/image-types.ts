// SPDX-License-Identifier: Apache-2.0
import type { Descriptor, Digest } from '@containerd-ts/core'
import type { Platform } from './platform.ts'

/** A descriptor with every field it has inside manifests and indexes. */
export interface OciDescriptor extends Descriptor {
  readonly platform?: Platform | undefined
  readonly urls?: readonly string[] | undefined
  /** The content itself, when small and embedded. */
  readonly data?: Uint8Array | undefined
  readonly artifactType?: string | undefined
}

export interface ImageManifest {
  readonly mediaType?: string | undefined
  readonly artifactType?: string | undefined
  readonly config: OciDescriptor
  readonly layers: readonly OciDescriptor[]
  readonly subject?: OciDescriptor | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

export interface ImageIndex {
  readonly mediaType?: string | undefined
  readonly artifactType?: string | undefined
  readonly manifests: readonly OciDescriptor[]
  readonly subject?: OciDescriptor | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** What a container takes from its image. Field names as in the JSON, first letter lowered. */
export interface ImageRunConfig {
  readonly user: string
  readonly env: readonly string[]
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly workingDir: string
  readonly labels: Readonly<Record<string, string>>
  readonly stopSignal: string
  readonly volumes: readonly string[]
  readonly exposedPorts: readonly string[]
  /** Windows: `cmd` is one command line. */
  readonly argsEscaped: boolean
}

export interface ImageHistory {
  readonly created?: string | undefined
  readonly createdBy?: string | undefined
  readonly author?: string | undefined
  readonly comment?: string | undefined
  readonly emptyLayer?: boolean | undefined
}

export interface ImageConfig {
  readonly created?: string | undefined
  readonly author?: string | undefined
  readonly platform: Platform
  readonly config: ImageRunConfig
  readonly diffIds: readonly Digest[]
  readonly history: readonly ImageHistory[]
}
