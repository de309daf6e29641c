// SPDX-License-Identifier: Apache-2.0
import type { ApplyCalls, ApplyResult } from '../apply.ts'
import { SyscallError } from '../errors.ts'
import { checkBytes, checkFd, checkPath, guard, shown } from './guard.ts'
import { binding } from './load.ts'

export const applyCalls: ApplyCalls = {
  applyBatchSync(rootFd, ops) {
    checkFd(rootFd, 'root fd')
    for (const op of ops) {
      if (op.op === 'finish') checkFd(op.fd)
      else checkPath(op.path)
      if (op.op === 'link' || op.op === 'symlink') checkPath(op.target, 'target', op.op === 'symlink')
    }
    const [results, index, cause] = guard(() => binding().applyBatch(rootFd, ops))
    const applied = results as ApplyResult[]
    if (index < 0) return { results: applied, failure: undefined }
    const failed = ops[index]
    const path = failed === undefined || failed.op === 'finish' ? undefined : shown(failed.path)
    const error = SyscallError.from(cause, path === undefined ? {} : { path })
    return { results: applied, failure: { index, error: error as Error } }
  },

  writeAllSync(fd, data) {
    checkFd(fd)
    checkBytes(data, 'data')
    guard(() => binding().writeAll(fd, data))
  },
}
