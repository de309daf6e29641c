// SPDX-License-Identifier: Apache-2.0
export { runCommand } from './command.ts'
export { ConsoleSocket } from './console-socket.ts'
export { OwnedFds } from './owned-fds.ts'
export { readPidFile } from './pid-file.ts'
export { Runc, runtimeEnv, runtimeTempDir } from './runc.ts'
export {
  explainFailure,
  lastLoggedError,
  RuntimeCallError,
  RuntimeExitError,
  saysDoesNotExist,
  saysGone,
} from './runc-error.ts'
export type { CommandCalls, CommandRequest, CommandResult } from './command.ts'
export type { ConsoleSocketCalls } from './console-socket.ts'
export type { CheckpointRequest, CreateRequest, ExecRequest, ProcessStdio, RestoreRequest } from './requests.ts'
export type { RuncInit } from './runc.ts'
