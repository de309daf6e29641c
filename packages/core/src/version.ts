// SPDX-License-Identifier: Apache-2.0
/** Which containerd all programs belong to: the original's version whose behaviour we have, then our own. */
export const version = '2.3.4+ts.0.1.0'

/** Commit that they were built from: the build puts it in; from sources it is empty. */
export const revision = process.env['CONTAINERD_TS_REVISION'] ?? ''
