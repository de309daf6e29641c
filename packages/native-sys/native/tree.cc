// SPDX-License-Identifier: Apache-2.0
#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <memory>

namespace native_sys {

namespace {

int OpenInRoot(int root, const char* path, uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  for (int tries = 0;; tries++) {
    const long fd = ::syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0 || (errno != EINTR && (errno != EAGAIN || tries >= 64))) return static_cast<int>(fd);
  }
}

std::string Trimmed(const std::string& path) {
  size_t begin = 0;
  size_t end = path.size();
  for (bool again = true; again;) {
    again = false;
    while (begin < end && path[begin] == '/') begin++, again = true;
    if (path.compare(begin, 2, "./") == 0) begin += 2, again = true;
  }
  for (bool again = true; again;) {
    again = false;
    while (end > begin && path[end - 1] == '/') end--, again = true;
    if (end - begin >= 2 && path[end - 1] == '.' && path[end - 2] == '/') end--, again = true;
  }
  auto out = path.substr(begin, end - begin);
  return out == "." ? "" : out;
}

std::string SelfPath(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

void RemoveChildren(int dir_fd);

void RemoveAt(int parent, const char* name) {
  if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM && errno != ENOTEMPTY) Fail("unlinkat");
  if (::unlinkat(parent, name, AT_REMOVEDIR) == 0) return;
  if (errno != ENOTEMPTY && errno != EEXIST) Fail("unlinkat");
  const Fd dir(
      static_cast<int>(Check(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "openat")));
  RemoveChildren(dir.get());
  Check(::unlinkat(parent, name, AT_REMOVEDIR), "unlinkat");
}

void RemoveChildren(int dir_fd) {
  const int copy = static_cast<int>(Check(::openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "openat"));
  std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(copy), ::closedir);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  for (const auto& name : names) RemoveAt(dir_fd, name.c_str());
}

int SetXattrs(const Meta& meta, const std::string& by_path, int fd) {
  int skipped = 0;
  for (const auto& [name, value] : meta.xattrs) {
    const int result = fd >= 0 ? ::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0)
                               : ::lsetxattr(by_path.c_str(), name.c_str(), value.data(), value.size(), 0);
    if (result == 0) continue;
    if (errno != ENOTSUP) throw SysError{errno, "setxattr", name};
    skipped++;
  }
  return skipped;
}

}  // namespace

void WriteAll(int fd, const char* data, size_t size) {
  for (size_t done = 0; done < size;) {
    done += static_cast<size_t>(Check(RetryEintr([&] { return ::write(fd, data + done, size - done); }), "write"));
  }
}

int Tree::OpenParent(const std::string& path, bool create) {
  if (path.empty()) return root_;
  if (parent_.valid() && parent_path_ == path) return parent_.get();
  int fd = OpenInRoot(root_, path.c_str(), O_PATH | O_DIRECTORY);
  if (fd < 0 && errno == ENOENT && create) {
    // A dangling link in the way stays an error: mkdirat meets it with EEXIST, the open below with ENOENT.
    for (size_t at = path.find('/');; at = path.find('/', at + 1)) {
      const auto part = path.substr(0, at);
      const auto cut = part.rfind('/');
      const auto above = cut == std::string::npos ? std::string(".") : part.substr(0, cut);
      const Fd dir(static_cast<int>(Check(OpenInRoot(root_, above.c_str(), O_PATH | O_DIRECTORY), "openat2")));
      const auto name = cut == std::string::npos ? part : part.substr(cut + 1);
      if (!name.empty() && name != "." && name != "..") {
        if (::mkdirat(dir.get(), name.c_str(), 0755) == 0)
          ::fchmodat(dir.get(), name.c_str(), 0755, 0);  // whatever the umask
        else if (errno != EEXIST)
          Fail("mkdirat");
      }
      if (at == std::string::npos) break;
    }
    fd = OpenInRoot(root_, path.c_str(), O_PATH | O_DIRECTORY);
  }
  Check(fd, "openat2");
  parent_.reset(fd);
  parent_path_ = path;
  return fd;
}

Tree::Place Tree::Find(const std::string& raw, bool create) {
  const auto path = Trimmed(raw);
  const auto cut = path.rfind('/');
  const auto name = cut == std::string::npos ? path : path.substr(cut + 1);
  if (name.empty()) return {root_, "."};
  if (name == "..") {
    const int fd = static_cast<int>(Check(OpenInRoot(root_, path.c_str(), O_PATH | O_DIRECTORY), "openat2"));
    parent_.reset(fd);
    parent_path_ = path;
    return {fd, "."};
  }
  return {OpenParent(cut == std::string::npos ? "" : path.substr(0, cut), create), name};
}

void Tree::Replace(const Place& place) {
  struct stat stats {};
  if (::fstatat(place.parent, place.name.c_str(), &stats, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno != ENOENT) Fail("fstatat");
    return;
  }
  if (place.name == ".") Fail("unlinkat", EBUSY);
  RemoveAt(place.parent, place.name.c_str());
  if (S_ISDIR(stats.st_mode) || S_ISLNK(stats.st_mode)) parent_path_.clear();
}

Fd Tree::CreateFile(const std::string& path) {
  const auto place = Find(path, true);
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  int fd = ::openat(place.parent, place.name.c_str(), flags, 0600);
  if (fd < 0 && (errno == EEXIST || errno == EISDIR)) {
    Replace(place);
    fd = ::openat(place.parent, place.name.c_str(), flags, 0600);
  }
  return Fd(static_cast<int>(Check(fd, "openat")));
}

void Tree::MakeDirectory(const std::string& path) {
  const auto place = Find(path, true);
  if (place.name == "." || ::mkdirat(place.parent, place.name.c_str(), 0755) == 0) return;
  if (errno != EEXIST) Fail("mkdirat");
  struct stat stats {};
  Check(::fstatat(place.parent, place.name.c_str(), &stats, AT_SYMLINK_NOFOLLOW), "fstatat");
  if (S_ISDIR(stats.st_mode)) return;
  Replace(place);
  Check(::mkdirat(place.parent, place.name.c_str(), 0755), "mkdirat");
}

void Tree::Symlink(const std::string& path, const std::string& target) {
  const auto place = Find(path, true);
  if (::symlinkat(target.c_str(), place.parent, place.name.c_str()) == 0) return;
  if (errno != EEXIST) Fail("symlinkat");
  Replace(place);
  Check(::symlinkat(target.c_str(), place.parent, place.name.c_str()), "symlinkat");
}

void Tree::Link(const std::string& path, const std::string& target) {
  const auto trimmed = Trimmed(target);
  const auto cut = trimmed.rfind('/');
  const auto above = cut == std::string::npos ? std::string(".") : trimmed.substr(0, cut);
  const auto name = cut == std::string::npos ? trimmed : trimmed.substr(cut + 1);
  if (name.empty() || name == "..") Fail("linkat", EPERM);
  const Fd from(static_cast<int>(Check(OpenInRoot(root_, above.c_str(), O_PATH | O_DIRECTORY), "openat2")));
  const auto place = Find(path, true);
  if (::linkat(from.get(), name.c_str(), place.parent, place.name.c_str(), 0) == 0) return;
  if (errno != EEXIST) Fail("linkat");
  struct stat old {};
  struct stat now {};
  Check(::fstatat(from.get(), name.c_str(), &old, AT_SYMLINK_NOFOLLOW), "fstatat");
  Check(::fstatat(place.parent, place.name.c_str(), &now, AT_SYMLINK_NOFOLLOW), "fstatat");
  if (old.st_dev == now.st_dev && old.st_ino == now.st_ino) return;  // already that file
  Replace(place);
  Check(::linkat(from.get(), name.c_str(), place.parent, place.name.c_str(), 0), "linkat");
}

void Tree::MakeNode(const std::string& path, mode_t type, dev_t device) {
  const auto place = Find(path, true);
  if (::mknodat(place.parent, place.name.c_str(), type | 0600, device) == 0) return;
  if (errno != EEXIST) Fail("mknodat");
  Replace(place);
  Check(::mknodat(place.parent, place.name.c_str(), type | 0600, device), "mknodat");
}

void Tree::Remove(const std::string& path) {
  Place place;
  try {
    place = Find(path, false);
  } catch (const SysError& error) {
    if (error.err == ENOENT || error.err == ENOTDIR) return;
    throw;
  }
  Replace(place);
  Forget();
}

void Tree::Empty(const std::string& path) {
  const Fd dir(OpenInRoot(root_, Trimmed(path).empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY));
  if (!dir.valid()) {
    if (errno == ENOENT || errno == ENOTDIR) return;
    Fail("openat2");
  }
  RemoveChildren(dir.get());
  Forget();
}

int Tree::Apply(const std::string& path, const Meta& meta) {
  const auto place = Find(path, false);
  const char* name = place.name.c_str();
  if (meta.uid != UINT32_MAX || meta.gid != UINT32_MAX)
    Check(::fchownat(place.parent, name, meta.uid, meta.gid, AT_SYMLINK_NOFOLLOW), "fchownat");
  int skipped = 0;
  if (!meta.xattrs.empty()) skipped = SetXattrs(meta, SelfPath(place.parent) + "/" + place.name, -1);
  if (meta.mode) {
    struct stat stats {};
    Check(::fstatat(place.parent, name, &stats, AT_SYMLINK_NOFOLLOW), "fstatat");
    if (!S_ISLNK(stats.st_mode)) Check(::fchmodat(place.parent, name, *meta.mode & 07777, 0), "fchmodat");
  }
  if (meta.times[0].tv_nsec != UTIME_OMIT || meta.times[1].tv_nsec != UTIME_OMIT)
    Check(::utimensat(place.parent, name, meta.times, AT_SYMLINK_NOFOLLOW), "utimensat");
  return skipped;
}

int Tree::ApplyToFile(int fd, const Meta& meta) {
  if (meta.uid != UINT32_MAX || meta.gid != UINT32_MAX) Check(::fchown(fd, meta.uid, meta.gid), "fchown");
  const int skipped = SetXattrs(meta, "", fd);
  if (meta.mode) Check(::fchmod(fd, *meta.mode & 07777), "fchmod");
  if (meta.times[0].tv_nsec != UTIME_OMIT || meta.times[1].tv_nsec != UTIME_OMIT)
    Check(::futimens(fd, meta.times), "futimens");
  return skipped;
}

}  // namespace native_sys
