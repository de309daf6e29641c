// SPDX-License-Identifier: Apache-2.0
import { silentLogger } from '@containerd-ts/core'
import type { EventPublisher, Logger, Mounter } from '@containerd-ts/core'
import { native } from '@containerd-ts/native-sys'
import { checkSocketDir } from '@containerd-ts/shim-bootstrap'
import type { ShimSyscalls } from './run-shim.ts'
import type { ShimContext } from './shim.ts'
import type { DaemonIdentity } from './shim-binary.ts'
import { ShimStarter } from './shim-starter.ts'
import { connectTaskApi } from './task-api.ts'
import type { TaskApiConnector } from './task-api.ts'
import { defaultTimeouts } from './timeouts.ts'
import type { ShimTimeouts } from './timeouts.ts'

/** What is needed to start shims, for tasks and for sandboxes alike. */
export interface StarterOptions {
  readonly daemon: DaemonIdentity
  readonly events: EventPublisher
  readonly mounter: Pick<Mounter, 'unmountAll'>
  readonly logger?: Logger | undefined
  readonly timeouts?: Partial<ShimTimeouts> | undefined
  /** Default: task API 2 and 3 over ttrpc. */
  readonly connect?: TaskApiConnector | undefined
  readonly syscalls?: ShimSyscalls | undefined
}

export interface OpenedStarter {
  readonly context: ShimContext
  readonly starter: ShimStarter
}

export function openStarter(options: StarterOptions): OpenedStarter {
  const { events, mounter, daemon, logger = silentLogger, syscalls = native, connect = connectTaskApi } = options
  const context = { events, mounter, logger, timeouts: { ...defaultTimeouts, ...options.timeouts } }
  const identity = { ...daemon, socketDir: usableSocketDir(daemon, logger) }
  return { context, starter: new ShimStarter(context, syscalls, identity, connect) }
}

/** A directory too long for socket addresses is of no use: shims then take their own. */
function usableSocketDir({ socketDir }: DaemonIdentity, logger: Logger): string | undefined {
  try {
    return socketDir === undefined ? undefined : checkSocketDir(socketDir)
  } catch (error) {
    logger.warn('socket directory not used', { socketDir, error })
    return undefined
  }
}
