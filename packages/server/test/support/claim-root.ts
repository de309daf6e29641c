// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs'
import { claimRoot } from '@containerd-ts/server'

const [root = '', state = ''] = process.argv.slice(2)
await using _claim = await claimRoot({ root, state, temp: '' })
writeSync(1, 'claimed')
