// SPDX-License-Identifier: Apache-2.0
import type { Syscalls } from '../syscalls.ts'
import { applyCalls } from './apply.ts'
import { fifoCalls } from './fifo.ts'
import { fileCalls } from './file.ts'
import { monitorCalls } from './monitor.ts'
import { mountCalls } from './mount.ts'
import { namespaceCalls } from './namespace.ts'
import { processCalls } from './process.ts'
import { ptyCalls } from './pty.ts'
import { waitCalls } from './reaper.ts'
import { socketCalls } from './socket.ts'
import { spawnCalls } from './spawn.ts'
import { xattrCalls } from './xattr.ts'

/** The kernel itself. The addon is loaded at the first call. */
export const native: Syscalls = {
  ...mountCalls,
  ...fileCalls,
  ...xattrCalls,
  ...applyCalls,
  ...spawnCalls,
  ...processCalls,
  ...waitCalls,
  ...namespaceCalls,
  ...fifoCalls,
  ...socketCalls,
  ...ptyCalls,
  ...monitorCalls,
}
