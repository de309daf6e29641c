// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { repoRoot } from '../lib/packages.ts'

/** Where a person takes the programs from. */
export const binDir = join(repoRoot, 'dist', 'bin')
/** What the daemon's launcher needs beside it: Node and the bundle. */
export const libDir = join(repoRoot, 'dist', 'lib')

export const target = 'linux-x64-glibc'
export const addonPath = join(repoRoot, 'packages', 'native-sys', 'dist', 'native', target, 'native_sys.node')
/** Resolves our packages to their sources. */
export const sourceCondition = '@containerd-ts/source'
