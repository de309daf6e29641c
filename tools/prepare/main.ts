// SPDX-License-Identifier: Apache-2.0
// What the sources need before anything can run them: generated protobuf code and the native addon.
// Both scripts do nothing while their inputs are unchanged.
import { runScript } from '../lib/command.ts'

export async function prepare(): Promise<void> {
  await runScript('packages/api/scripts/generate.ts')
  await runScript('packages/native-sys/scripts/build.ts')
}

if (import.meta.main) await prepare()
