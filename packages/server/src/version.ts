// SPDX-License-Identifier: Apache-2.0
/**
 * Which containerd this is: the original's version whose behaviour we have, then our own.
 * The build replaces the revision; from sources it is empty.
 */
export const version = {
  version: '2.3.4+ts.0.1.0',
  revision: process.env['CONTAINERD_TS_REVISION'] ?? '',
} as const
