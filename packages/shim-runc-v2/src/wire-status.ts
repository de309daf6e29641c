// SPDX-License-Identifier: Apache-2.0
import type { ProcessStatus } from './process.ts'

/** Numbers of `containerd.v1.types.Status`. */
const statuses: Readonly<Record<ProcessStatus, number>> = { created: 1, running: 2, stopped: 3, paused: 4, pausing: 5 }

export const wireStatus = (status: ProcessStatus): number => statuses[status]
