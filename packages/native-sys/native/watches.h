// SPDX-License-Identifier: Apache-2.0
// The plain watches of the loop.
#pragma once
#include "loop.h"

namespace native_sys {

// End of a process. With `reap`: a = si_code, b = si_status. Without: a = 0. An error: a = -1, b = errno.
std::unique_ptr<Watched> WatchProcess(Fd pidfd, bool reap);

// a = counter per signal; a last event with a = -1 when the descriptor hangs up.
std::unique_ptr<Watched> WatchEventFd(Fd fd);

// bytes = records of inotify(7) as read.
std::unique_ptr<Watched> WatchInotify(Fd fd);

// One event when the descriptor is ready.
std::unique_ptr<Watched> WatchReady(Fd fd, bool writable);

}  // namespace native_sys
