// SPDX-License-Identifier: Apache-2.0
import type { TransferProgress } from '@containerd-ts/core'
import type { ProgressView } from '../output/progress-view.ts'

/** Shows a daemon's progress in the words of the local way. */
export const reportTo =
  (view: ProgressView, reference: string): ((progress: TransferProgress) => void) =>
  ({ event, name, progress, total }) => {
    if (name !== '' && name !== reference) view.report({ event, name, offsetBytes: progress, totalBytes: total })
    else if (event.startsWith('Resolving from ')) view.report(whole('resolving', reference))
    else if (event.startsWith('Pulling from ')) view.report(whole('resolved', reference))
  }

const whole = (event: string, name: string) => ({ event, name, offsetBytes: 0, totalBytes: 0 })
