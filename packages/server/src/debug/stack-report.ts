// SPDX-License-Identifier: Apache-2.0

interface Report {
  readonly javascriptStack: unknown
  readonly libuv: unknown
  readonly workers: unknown
}

/** What the process is doing: the stack of its main thread, its handles, its workers, what it waits for. */
export function stackReport(): string {
  // Names of peers would be looked up, in the main thread.
  Object.assign(process.report, { excludeNetwork: true })
  const { javascriptStack, libuv, workers } = process.report.getReport() as unknown as Report
  const activeResources = process.getActiveResourcesInfo()
  return JSON.stringify({ javascriptStack, activeResources, libuv, workers }, undefined, 2)
}
