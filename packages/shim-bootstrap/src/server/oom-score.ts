// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'

const maximum = 1000

/** Score for the server: one above the daemon's, so that the kernel would rather end a shim than the daemon. */
export function serverOomScore(daemonPid: number): number | undefined {
  try {
    return Math.min(Number(readFileSync(`/proc/${daemonPid}/oom_score_adj`, 'utf8')) + 1, maximum)
  } catch {
    return undefined // the daemon is gone: nobody to compare with
  }
}
