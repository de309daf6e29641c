// SPDX-License-Identifier: Apache-2.0
import { constants, fstatSync, openSync } from 'node:fs'
import { native } from '@containerd-ts/native-sys'
import type { Fd } from '@containerd-ts/native-sys'

/**
 * A descriptor of our own for one of the caller's streams. A relay makes its ends non-blocking, and that flag is
 * shared with everybody who holds the same open file: the shell that started us, the next program of the pipe.
 * Pipes and terminals are therefore opened anew; files, where the flag means nothing, and sockets, which cannot be
 * opened, are duplicated.
 */
export function openLocalStream(fd: Fd, access: 'read' | 'write'): Fd {
  const stat = fstatSync(fd)
  if (!stat.isFIFO() && !stat.isCharacterDevice()) return native.dup(fd)
  const way = access === 'read' ? constants.O_RDONLY : constants.O_WRONLY
  try {
    return openSync(`/proc/self/fd/${fd}`, way | constants.O_NOCTTY | constants.O_NONBLOCK)
  } catch {
    return native.dup(fd) // another user's terminal, or no /proc: as good as it gets
  }
}
