// SPDX-License-Identifier: Apache-2.0

/** Carries the paths of the sockets on fd 3 and 4, which nobody can ask a socket itself for in JavaScript. */
const socketVariable = 'CONTAINERD_TS_SHIM_SOCKET'
const separator = '\n'

/**
 * For the engine. The server executes little JavaScript and there is one per container: without the just-in-time
 * compiler and helpers of the garbage collector Bun has fewer threads and a smaller heap. A container's start
 * allocates less than 4 MiB, so that it runs without a collection; the server collects when it comes to rest. Node
 * ignores the variables.
 */
const engineEnvironment: Readonly<Record<string, string>> = {
  BUN_JSC_useJIT: '0',
  BUN_JSC_useConcurrentGC: '0',
  BUN_JSC_numberOfGCMarkers: '1',
  BUN_JSC_largeHeapSize: String(4 << 20),
}

/** Environment of the server: that of `start`, and what it needs on top. */
export const environmentOfServer = (
  env: Readonly<Record<string, string>>,
  id: string,
  socketPaths: readonly string[],
): Record<string, string> => ({
  ...env,
  ...engineEnvironment,
  GOMAXPROCS: '4', // for the runtimes that the server starts
  OTEL_SERVICE_NAME: `containerd-shim-${id}`,
  [socketVariable]: socketPaths.join(separator),
})

/** The sockets' paths, once: runtimes and loggers started later do not see it, nor what is for this process alone. */
export function takeSocketPaths(): readonly string[] {
  const paths = process.env[socketVariable]?.split(separator) ?? []
  for (const name of [socketVariable, ...Object.keys(engineEnvironment)]) delete process.env[name]
  return paths
}
