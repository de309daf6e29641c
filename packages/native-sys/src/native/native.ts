// SPDX-License-Identifier: Apache-2.0
import type { Syscalls } from '../syscalls.ts'

/** The kernel itself. The addon is loaded at the first call. */
export declare const native: Syscalls
