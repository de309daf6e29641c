// SPDX-License-Identifier: Apache-2.0
import { serverEnvironment } from './runtime.ts'

/** Carries the paths of the sockets on fd 3 and 4, which nobody can ask a socket itself for in JavaScript. */
const socketVariable = 'CONTAINERD_TS_SHIM_SOCKET'
const separator = '\n'

/** Environment of the server: this process's, and what it needs on top. */
export function environmentOfServer(id: string, socketPaths: readonly string[]): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined) env[name] = value
  }
  return {
    ...env,
    ...serverEnvironment,
    GOMAXPROCS: '4', // for the runtimes that the server starts
    OTEL_SERVICE_NAME: `containerd-shim-${id}`,
    [socketVariable]: socketPaths.join(separator),
  }
}

/** The sockets' paths, once: runtimes and loggers started later do not see it, nor what is for this process alone. */
export function takeSocketPaths(): readonly string[] {
  const paths = process.env[socketVariable]?.split(separator) ?? []
  for (const name of [socketVariable, ...Object.keys(serverEnvironment)]) delete process.env[name]
  return paths
}
