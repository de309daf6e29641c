// SPDX-License-Identifier: Apache-2.0
// Copying between open files, and what a tree takes on disk.
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <vector>

#include "common.h"

namespace native_sys {

namespace {

constexpr size_t kChunk = 1 << 30;

bool Unsupported(int err) {
  return err == EXDEV || err == EINVAL || err == EOPNOTSUPP || err == ENOSYS || err == EBADF || err == EPERM;
}

struct Copied {
  int64_t bytes;
  bool cloned;
};

int64_t WriteAll(int fd, const char* data, size_t size) {
  for (size_t done = 0; done < size;) {
    const auto n = Check(RetryEintr([&] { return ::write(fd, data + done, size - done); }), "write");
    done += static_cast<size_t>(n);
  }
  return static_cast<int64_t>(size);
}

// One step of the best way that works; the way is remembered in `method`.
int64_t CopySome(int from, int to, size_t limit, int& method, std::vector<char>& buffer) {
  if (method == 0) {
    const auto n = RetryEintr([&] { return ::copy_file_range(from, nullptr, to, nullptr, limit, 0); });
    if (n >= 0) return n;
    if (!Unsupported(errno)) Fail("copy_file_range");
    method = 1;
  }
  if (method == 1) {
    const auto n = RetryEintr([&] { return ::sendfile(to, from, nullptr, limit); });
    if (n >= 0) return n;
    if (!Unsupported(errno)) Fail("sendfile");
    method = 2;
  }
  buffer.resize(1 << 17);
  const auto n = Check(RetryEintr([&] { return ::read(from, buffer.data(), std::min(limit, buffer.size())); }), "read");
  return WriteAll(to, buffer.data(), static_cast<size_t>(n));
}

// copyRange(from, to, length | -1) -> [bytes, cloned]
Napi::Value CopyRange(const Napi::CallbackInfo& info) {
  auto work = [from = ToInt(info[0]), to = ToInt(info[1]), length = ToInt64(info[2])]() -> Copied {
    if (length < 0 && ::lseek(from, 0, SEEK_CUR) == 0 && ::lseek(to, 0, SEEK_CUR) == 0 &&
        ::ioctl(to, FICLONE, from) == 0) {
      struct stat stats {};
      Check(::fstat(from, &stats), "fstat");
      return {stats.st_size, true};
    }
    int64_t left = length < 0 ? std::numeric_limits<int64_t>::max() : length;
    int64_t total = 0;
    int method = 0;
    std::vector<char> buffer;
    while (left > 0) {
      const auto n = CopySome(from, to, static_cast<size_t>(std::min<int64_t>(left, kChunk)), method, buffer);
      // Files of /proc claim to be empty and copy nothing by the fast ways: ask read(2) before believing it.
      if (n == 0 && total == 0 && method < 2) {
        method = 2;
        continue;
      }
      if (n == 0) break;
      left -= n;
      total += n;
    }
    return {total, false};
  };
  auto finish = [](Napi::Env env, Copied& copied) -> Napi::Value {
    auto out = Napi::Array::New(env, 2);
    out.Set(0u, static_cast<double>(copied.bytes));
    out.Set(1u, Napi::Boolean::New(env, copied.cloned));
    return out;
  };
  return RunInPool(info.Env(), std::move(work), finish);
}

struct Usage {
  int64_t bytes = 0;
  int64_t inodes = 0;
  std::set<std::pair<dev_t, ino_t>> linked;

  void Add(const struct stat& stats) {
    if (stats.st_nlink > 1 && !S_ISDIR(stats.st_mode) && !linked.insert({stats.st_dev, stats.st_ino}).second) return;
    bytes += static_cast<int64_t>(stats.st_blocks) * 512;
    inodes += 1;
  }
};

// A stack of names below, not of descriptors: a deep tree must not exhaust them.
void Walk(const std::string& top, Usage& usage) {
  std::vector<std::string> pending{top};
  while (!pending.empty()) {
    const std::string path = std::move(pending.back());
    pending.pop_back();
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.valid()) {
      if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) continue;
      Fail("open");
    }
    std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(fd.get()), ::closedir);
    if (!dir) Fail("fdopendir");
    fd.release();
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat stats {};
      if (::fstatat(::dirfd(dir.get()), entry->d_name, &stats, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) continue;
        Fail("fstatat");
      }
      usage.Add(stats);
      if (S_ISDIR(stats.st_mode)) pending.push_back(path + "/" + name);
    }
  }
}

// diskUsage(path) -> [bytes, inodes]
Napi::Value DiskUsage(const Napi::CallbackInfo& info) {
  auto work = [path = ToBytes(info[0])] {
    Usage usage;
    struct stat stats {};
    Check(::lstat(path.c_str(), &stats), "lstat");
    usage.Add(stats);
    if (S_ISDIR(stats.st_mode)) Walk(path, usage);
    return std::pair<int64_t, int64_t>(usage.bytes, usage.inodes);
  };
  auto finish = [](Napi::Env env, std::pair<int64_t, int64_t>& found) -> Napi::Value {
    auto out = Napi::Array::New(env, 2);
    out.Set(0u, static_cast<double>(found.first));
    out.Set(1u, static_cast<double>(found.second));
    return out;
  };
  return RunInPool(info.Env(), std::move(work), finish);
}

}  // namespace

void InitCopy(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "copyRange", CopyRange);
  Export(env, exports, "diskUsage", DiskUsage);
}

}  // namespace native_sys
