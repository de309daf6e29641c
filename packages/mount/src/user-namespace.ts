// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'

/** Whether this process lives in a user namespace of its own: no device nodes, no `trusted.` attributes. */
export const inUserNamespace = (): boolean =>
  !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'))
