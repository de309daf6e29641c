// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'

/** A flag that may repeat; commas separate nothing. */
export const stringList = (options: { readonly summary: string; readonly char?: 'a' | 'e' | 'l' }) =>
  Flags.string({ ...options, multiple: true, multipleNonGreedy: true })
