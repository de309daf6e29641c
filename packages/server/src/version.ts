// SPDX-License-Identifier: Apache-2.0
import { revision, version as text } from '@containerd-ts/core/version'

/** Which containerd this is. */
export const version = { version: text, revision } as const
