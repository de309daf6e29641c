// SPDX-License-Identifier: Apache-2.0
import type { DeprecatedFeature, DeprecationLog, DeprecationWarning } from '@containerd-ts/core'

const instead = 'is deprecated: give it in the request that creates the task'
const messages: Readonly<Record<DeprecatedFeature, string>> = {
  'runc-options-task-api-address': `runc's option \`task_api_address\` ${instead}`,
  'runc-options-task-api-version': `runc's option \`task_api_version\` ${instead}`,
}

/** In memory: a daemon that is restarted warns again when the feature is used again. */
export class MemoryDeprecationLog implements DeprecationLog {
  readonly #last = new Map<DeprecatedFeature, Date>()

  note(feature: DeprecatedFeature): void {
    this.#last.set(feature, new Date())
  }

  list(): readonly DeprecationWarning[] {
    return [...this.#last].map(([feature, lastOccurrence]) => ({
      id: `io.containerd.deprecation/${feature}`,
      message: messages[feature],
      lastOccurrence,
    }))
  }
}
