// SPDX-License-Identifier: Apache-2.0
/** An OCI platform. Parsing, normalising and matching belong to package `oci`. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string | undefined
  readonly osVersion?: string | undefined
  readonly osFeatures?: readonly string[] | undefined
}
