// SPDX-License-Identifier: Apache-2.0
/** PATH, and where tools for the system administrator lie. */
export const sbinPath = (): string => `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`
