// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Logger, RegistryEnd } from '@containerd-ts/core'
import { createResolver, LoggedClient } from '@containerd-ts/remotes'
import type { OwnedResolver } from '@containerd-ts/remotes'

export interface RegistryDefaults {
  /** Directories of host configurations, where the client names none. */
  readonly configDirs: readonly string[]
  /** Such as `containerd/2.3.4`. */
  readonly userAgent: string
  readonly logger: Logger
}

/** A resolver that reaches registries the way the client asked for; it asks the client for credentials. */
export function openRegistry(
  { access }: RegistryEnd,
  { configDirs, userAgent, logger }: RegistryDefaults,
  options: CallOptions,
): OwnedResolver {
  const { hostDir, defaultScheme, headers = {}, credentials, httpLog } = access
  return createResolver({
    userAgent,
    headers,
    configDirs: hostDir === undefined ? configDirs : [hostDir],
    defaultScheme,
    logger,
    ...(credentials === undefined
      ? {}
      : { credentials: (host: string, challenge: string) => credentials(host, challenge, options) }),
    ...(httpLog === undefined ? {} : { wrapClient: (client) => new LoggedClient(client, httpLog, options) }),
  })
}
