// SPDX-License-Identifier: Apache-2.0
// Compiles every package, then puts the programs under dist/bin.
import { prepare } from '../prepare/main.ts'
import { mustSucceed } from '../lib/command.ts'

await prepare()
await mustSucceed(process.execPath, ['node_modules/@typescript/native/bin/tsc', '-b'])
