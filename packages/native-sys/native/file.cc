// SPDX-License-Identifier: Apache-2.0
// Files relative to directory descriptors, locks.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "common.h"
#include "times.h"

namespace native_sys {

namespace {

// openat2(dirFd, path, flags, mode, resolve) -> fd
Napi::Value OpenAt2(const Napi::CallbackInfo& info) {
  open_how how{};
  how.flags = static_cast<uint64_t>(ToInt64(info[2])) | O_CLOEXEC;
  how.mode = ToUint(info[3]);
  how.resolve = ToUint(info[4]);
  return RunHere(
      info.Env(),
      [&, path = ToBytes(info[1])] {
        // EAGAIN: a rename raced with the lookup of a restricted path; the kernel asks for another try.
        for (int tries = 0;; tries++) {
          const long fd = ::syscall(SYS_openat2, ToInt(info[0]), path.c_str(), &how, sizeof how);
          if (fd >= 0) return static_cast<int64_t>(fd);
          if (errno != EINTR && (errno != EAGAIN || tries >= 64)) Fail("openat2");
        }
      },
      IntResult);
}

// close(fd)
Napi::Value Close(const Napi::CallbackInfo& info) {
  return RunHere(
      info.Env(),
      [&] {
        if (::close(ToInt(info[0])) != 0 && errno != EINTR) Fail("close");
        return Nothing{};
      },
      Undefined);
}

// fsyncDirectory(path)
Napi::Value FsyncDirectory(const Napi::CallbackInfo& info) {
  auto work = [path = ToBytes(info[0])] {
    Fd dir(static_cast<int>(Check(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open")));
    Check(::fsync(dir.get()), "fsync");
    return Nothing{};
  };
  return RunInPool(info.Env(), std::move(work), Undefined);
}

// setlk(fd) -> 0 taken, -1 held by somebody unknown, else the holder's pid
Napi::Value SetLock(const Napi::CallbackInfo& info) {
  const int fd = ToInt(info[0]);
  auto work = [fd]() -> int64_t {
    for (;;) {
      struct flock lock {};
      lock.l_type = F_WRLCK;
      lock.l_whence = SEEK_SET;
      if (::fcntl(fd, F_SETLK, &lock) == 0) return 0;
      if (errno != EAGAIN && errno != EACCES) Fail("fcntl");
      Check(::fcntl(fd, F_GETLK, &lock), "fcntl");
      if (lock.l_type != F_UNLCK) return lock.l_pid > 0 ? lock.l_pid : -1;
    }
  };
  return RunHere(info.Env(), work, IntResult);
}

// flock(fd, operation) -> boolean
Napi::Value Flock(const Napi::CallbackInfo& info) {
  auto work = [&] {
    if (RetryEintr([&] { return ::flock(ToInt(info[0]), ToInt(info[1]) | LOCK_NB); }) == 0) return true;
    if (errno != EWOULDBLOCK) Fail("flock");
    return false;
  };
  return RunHere(info.Env(), work,
                 [](Napi::Env env, bool& taken) -> Napi::Value { return Napi::Boolean::New(env, taken); });
}

// mknodat(dirFd, path, mode, major, minor)
Napi::Value MkNodAt(const Napi::CallbackInfo& info) {
  auto work = [&, path = ToBytes(info[1])] {
    Check(::mknodat(ToInt(info[0]), path.c_str(), ToUint(info[2]), makedev(ToUint(info[3]), ToUint(info[4]))),
          "mknodat");
    return Nothing{};
  };
  return RunHere(info.Env(), std::move(work), Undefined);
}

// fchownat(dirFd, path, uid, gid), never following
Napi::Value FchownAt(const Napi::CallbackInfo& info) {
  auto work = [&, path = ToBytes(info[1])] {
    Check(::fchownat(ToInt(info[0]), path.c_str(), ToUint(info[2]), ToUint(info[3]), AT_SYMLINK_NOFOLLOW), "fchownat");
    return Nothing{};
  };
  return RunHere(info.Env(), std::move(work), Undefined);
}

// utimensat(dirFd, path, atimeNs | null, mtimeNs | null), never following
Napi::Value UtimensAt(const Napi::CallbackInfo& info) {
  auto work = [&, path = ToBytes(info[1])] {
    const timespec times[2] = {ToTimespec(info[2]), ToTimespec(info[3])};
    Check(::utimensat(ToInt(info[0]), path.c_str(), times, AT_SYMLINK_NOFOLLOW), "utimensat");
    return Nothing{};
  };
  return RunHere(info.Env(), std::move(work), Undefined);
}

// unlinkat(dirFd, path, flags)
Napi::Value UnlinkAt(const Napi::CallbackInfo& info) {
  auto work = [&, path = ToBytes(info[1])] {
    Check(::unlinkat(ToInt(info[0]), path.c_str(), ToInt(info[2])), "unlinkat");
    return Nothing{};
  };
  return RunHere(info.Env(), std::move(work), Undefined);
}

// renameat2(fromDir, from, toDir, to, flags)
Napi::Value RenameAt2(const Napi::CallbackInfo& info) {
  auto work = [from_dir = ToInt(info[0]), from = ToBytes(info[1]), to_dir = ToInt(info[2]), to = ToBytes(info[3]),
               flags = ToUint(info[4])] {
    Check(::renameat2(from_dir, from.c_str(), to_dir, to.c_str(), flags), "renameat2");
    return Nothing{};
  };
  return RunInPool(info.Env(), std::move(work), Undefined);
}

}  // namespace

void InitFile(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "openat2", OpenAt2);
  Export(env, exports, "close", Close);
  Export(env, exports, "fsyncDirectory", FsyncDirectory);
  Export(env, exports, "setlk", SetLock);
  Export(env, exports, "flock", Flock);
  Export(env, exports, "mknodat", MkNodAt);
  Export(env, exports, "fchownat", FchownAt);
  Export(env, exports, "utimensat", UtimensAt);
  Export(env, exports, "unlinkat", UnlinkAt);
  Export(env, exports, "renameat2", RenameAt2);
}

}  // namespace native_sys
