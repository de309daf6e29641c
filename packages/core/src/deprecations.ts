// SPDX-License-Identifier: Apache-2.0

/** Something clients should stop using, and when it was last used. */
export interface DeprecationWarning {
  readonly id: string
  readonly message: string
  readonly lastOccurrence: Date
}

/** Ids start with `io.containerd.deprecation/`; these are the rest. */
export type DeprecatedFeature = 'runc-options-task-api-address' | 'runc-options-task-api-version'

/** Remembers which features on their way out are in use. */
export interface DeprecationLog {
  note(feature: DeprecatedFeature): void
  list(): readonly DeprecationWarning[]
}
