// SPDX-License-Identifier: Apache-2.0
export { native } from './native/native.ts'
export { SyscallError } from './errors.ts'
export { MountAttr, MountFlag } from './mount.ts'
export { AT_FDCWD, Resolve } from './file.ts'
export { CloneFlag } from './process.ts'
export { splitDevice } from './device-number.ts'
export { lockDirectory } from './directory-lock.ts'
export { runProgram } from './run-program.ts'
export { Inotify } from './monitor.ts'

export type { Syscalls } from './syscalls.ts'
export type { BytePath, Fd, WaitOptions } from './types.ts'
export type { DeviceNumber } from './device-number.ts'
export type { SyscallFailure } from './errors.ts'
export type { BindMount, FileSystemStats, MountCalls, MountRequest, NewMount, UnmountOptions } from './mount.ts'
export type { CopyRange, DiskUsage, FileCalls, FileTimes, LockResult, OpenAt, Rename } from './file.ts'
export type { SetXattrOptions, XattrCalls, XattrOptions, XattrTarget } from './xattr.ts'
export type { ApplyCalls, ApplyFailure, ApplyOp, ApplyOutcome, ApplyResult, EntryMeta } from './apply.ts'
export type {
  ExitStatus,
  ProcessCalls,
  Reaper,
  ReaperOptions,
  SpawnCalls,
  SpawnedProcess,
  SpawnRequest,
  WaitCalls,
} from './process.ts'
export type { ProgramCalls, ProgramRequest, ProgramResult } from './run-program.ts'
export type { IdMapping, NamespaceCalls, NamespaceKind, NamespacesRequest } from './namespace.ts'
export type { FifoCalls, OpenFifo, Relay, RelayOptions, RelayResult } from './fifo.ts'
export type { FdMessage, ListenUnix, PeerCredentials, SocketCalls } from './socket.ts'
export type { Pty, PtyCalls, WindowSize } from './pty.ts'
export type { InotifyEvent, MonitorCalls, OomNotice, Watch } from './monitor.ts'
