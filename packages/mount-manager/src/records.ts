// SPDX-License-Identifier: Apache-2.0
import type { ActiveMount, Labels, Mount } from '@containerd-ts/core'
import { defineTable } from '@containerd-ts/store'

export interface ActivationRecord {
  /** Names the directory of its mount points. */
  readonly id: number
  /** Nobody is shown one that is still being made; a crash leaves it for clean-up. */
  readonly state: 'activating' | 'active'
  readonly createdAt: Date
  readonly lease?: string
  readonly labels: Labels
  readonly active: readonly ActiveMount[]
  readonly system: readonly Mount[]
}

/** By namespace and name. */
export const activations = defineTable<ActivationRecord>('activations')
export const counters = defineTable<number>('counters')
/** The boot that the records are about. */
export const boots = defineTable<string>('boots')
