// SPDX-License-Identifier: Apache-2.0

/** A file name. Strings are UTF-8; pass bytes where the name may not be (names from a tar archive). */
export type BytePath = string | Uint8Array

/** A file descriptor owned by whoever received it, until `close` or until it is handed to a call that says it takes it. */
export type Fd = number

/** Waits end with the signal's reason when it aborts. */
export interface WaitOptions {
  readonly signal?: AbortSignal
}
