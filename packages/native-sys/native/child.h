// SPDX-License-Identifier: Apache-2.0
// Children made with clone(2) that share this process's memory, so that a large heap costs nothing.
#pragma once
#include <functional>

#include "common.h"

namespace native_sys {

struct Child {
  int pid;
  Fd pidfd;
};

// What the child may do: system calls on memory prepared before. No allocation, no locks.
using ChildMain = int (*)(void* arg);

// A stack for one child; must outlive it unless CLONE_VFORK has made it leave the memory.
class ChildStack {
 public:
  ChildStack();
  ~ChildStack();
  ChildStack(const ChildStack&) = delete;
  ChildStack& operator=(const ChildStack&) = delete;
  void* top() const;

 private:
  void* base_;
};

// All signals are blocked in the child; with CLONE_VFORK this thread waits until it executes or exits.
Child CloneChild(const ChildStack& stack, int flags, ChildMain main, void* arg);

// Waits for the end of a child of ours, and reaps it.
void ReapChild(const Child& child);

// Runs `work` in a short-lived child that has entered the mount namespace; returns its errno, 0 for success.
int RunInMountNamespace(int namespace_fd, const std::function<int()>& work);

}  // namespace native_sys
