// SPDX-License-Identifier: Apache-2.0
import { serverEnvironment } from './runtime.ts'

/** Carries the path of the socket on fd 3, which nobody can ask the socket itself for in JavaScript. */
const socketVariable = 'CONTAINERD_TS_SHIM_SOCKET'

/** Environment of the server: this process's, and what it needs on top. */
export function environmentOfServer(id: string, socketPath: string): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined) env[name] = value
  }
  return {
    ...env,
    ...serverEnvironment,
    GOMAXPROCS: '4', // for the runtimes that the server starts
    OTEL_SERVICE_NAME: `containerd-shim-${id}`,
    [socketVariable]: socketPath,
  }
}

/** The socket's path, once: runtimes and loggers started later do not see it, nor what is for this process alone. */
export function takeSocketPath(): string | undefined {
  const path = process.env[socketVariable]
  for (const name of [socketVariable, ...Object.keys(serverEnvironment)]) delete process.env[name]
  return path
}
