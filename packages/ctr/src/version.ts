// SPDX-License-Identifier: Apache-2.0
/** Which containerd this client belongs to: the original's version whose behaviour we have, then our own. */
export const version = '2.3.4+ts.0.1.0'

/** Commit it was built from; the build puts it in. */
export const revision = process.env['CONTAINERD_TS_REVISION'] ?? ''
