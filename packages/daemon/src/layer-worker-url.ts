// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'

/** The layer worker's program beside the bundle; undefined where the package brings its own. */
export function layerWorkerUrl(): URL | undefined {
  const bundled = new URL('./layer-worker.js', import.meta.url)
  return existsSync(bundled) ? bundled : undefined
}
