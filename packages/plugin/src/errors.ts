// SPDX-License-Identifier: Apache-2.0
/**
 * Thrown by a plugin's `init` that cannot work here (no kernel support, not configured): the daemon goes on
 * without it and reports it as skipped, not failed.
 */
export class SkipPluginError extends Error {
  override readonly name = 'SkipPluginError'

  constructor(reason: string, options?: ErrorOptions) {
    super(`${reason}: skip plugin`, options)
  }
}

/** Told apart by name, so that it is recognised across package copies. */
export const isSkipPlugin = (error: unknown): boolean => error instanceof Error && error.name === 'SkipPluginError'
