// SPDX-License-Identifier: Apache-2.0
// A directory tree that no path can leave: every lookup is an openat2 with RESOLVE_IN_ROOT.
#pragma once
#include <sys/stat.h>

#include <string>
#include <vector>

#include "common.h"

namespace native_sys {

// What `meta` of an entry asks for; absent values are left alone.
struct Meta {
  uint32_t uid = UINT32_MAX;
  uint32_t gid = UINT32_MAX;
  std::optional<uint32_t> mode;
  timespec times[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
  std::vector<std::pair<std::string, std::string>> xattrs;
};

class Tree {
 public:
  explicit Tree(int root) : root_(root) {}

  Fd CreateFile(const std::string& path);
  void MakeDirectory(const std::string& path);
  void Symlink(const std::string& path, const std::string& target);
  void Link(const std::string& path, const std::string& target);
  void MakeNode(const std::string& path, mode_t type, dev_t device);
  void Remove(const std::string& path);
  void Empty(const std::string& path);

  // Metadata of what stands at `path`; returns how many xattrs the file system refused.
  int Apply(const std::string& path, const Meta& meta);
  static int ApplyToFile(int fd, const Meta& meta);

 private:
  struct Place {
    int parent;
    std::string name;
  };
  // Splits off the last component and opens the rest, made if missing and wanted.
  Place Find(const std::string& path, bool create);
  int OpenParent(const std::string& path, bool create);
  // Makes way for a new entry.
  void Replace(const Place& place);
  // Anything that may change what a cached parent path means.
  void Forget() { parent_.reset(); }

  int root_;
  std::string parent_path_;
  Fd parent_;
};

void WriteAll(int fd, const char* data, size_t size);

}  // namespace native_sys
