// SPDX-License-Identifier: Apache-2.0
import type { ApplyCalls } from './apply.ts'
import type { FifoCalls } from './fifo.ts'
import type { FileCalls } from './file.ts'
import type { MonitorCalls } from './monitor.ts'
import type { MountCalls } from './mount.ts'
import type { NamespaceCalls } from './namespace.ts'
import type { ProcessCalls, SpawnCalls, WaitCalls } from './process.ts'
import type { PtyCalls } from './pty.ts'
import type { SocketCalls } from './socket.ts'
import type { XattrCalls } from './xattr.ts'

/**
 * Everything this package does, one small interface per subject. Take the narrowest one you need as a constructor
 * argument with `native` as its default; tests pass `recordSyscalls()` from `@containerd-ts/native-sys/fake`.
 */
export interface Syscalls
  extends
    MountCalls,
    FileCalls,
    XattrCalls,
    ApplyCalls,
    SpawnCalls,
    ProcessCalls,
    WaitCalls,
    NamespaceCalls,
    FifoCalls,
    SocketCalls,
    PtyCalls,
    MonitorCalls {}
