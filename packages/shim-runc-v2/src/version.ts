// SPDX-License-Identifier: Apache-2.0
import type { ShimVersion } from '@containerd-ts/shim'

/** The original that this one stands in for, and our own version after it. The build puts the revision in. */
export const shimVersion: ShimVersion = {
  version: '2.3.4+ts.0.1.0',
  revision: process.env['CONTAINERD_TS_REVISION'] ?? '',
}
