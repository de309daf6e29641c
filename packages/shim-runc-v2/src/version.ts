// SPDX-License-Identifier: Apache-2.0
import { revision, version } from '@containerd-ts/core/version'
import type { ShimVersion } from '@containerd-ts/shim'

/** The shim is of the same release as the daemon. */
export const shimVersion: ShimVersion = { version, revision }
