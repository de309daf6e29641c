// SPDX-License-Identifier: Apache-2.0
#include "child.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

namespace native_sys {

namespace {
constexpr size_t kStackSize = 256 * 1024;

struct NamespaceWork {
  int fd;
  const std::function<int()>* work;
  int err;
};

int EnterAndWork(void* arg) {
  auto* job = static_cast<NamespaceWork*>(arg);
  if (::setns(job->fd, CLONE_NEWNS) != 0 || (*job->work)() != 0) job->err = errno;
  return 0;
}
}  // namespace

ChildStack::ChildStack()
    : base_(::mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
  if (base_ == MAP_FAILED) Fail("mmap");
}
ChildStack::~ChildStack() { ::munmap(base_, kStackSize); }
void* ChildStack::top() const { return static_cast<char*>(base_) + kStackSize; }

Child CloneChild(const ChildStack& stack, int flags, ChildMain main, void* arg) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  int pidfd = -1;
  const int pid = ::clone(main, stack.top(), CLONE_VM | CLONE_PIDFD | SIGCHLD | flags, arg, &pidfd);
  const int err = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) Fail("clone", err);
  return {pid, Fd(pidfd)};
}

void ReapChild(const Child& child) {
  siginfo_t info{};
  RetryEintr([&] { return ::waitid(P_PIDFD, child.pidfd.get(), &info, WEXITED); });
}

int RunInMountNamespace(int namespace_fd, const std::function<int()>& work) {
  NamespaceWork job{namespace_fd, &work, 0};
  ChildStack stack;
  const auto child = CloneChild(stack, CLONE_VFORK, EnterAndWork, &job);
  ReapChild(child);
  return job.err;
}

}  // namespace native_sys
