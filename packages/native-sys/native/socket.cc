// SPDX-License-Identifier: Apache-2.0
// Unix sockets and passing descriptors over them.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <vector>

#include "common.h"

namespace native_sys {

namespace {

constexpr size_t kMaxFds = 253;  // SCM_MAX_FD

struct Address {
  sockaddr_un name{};
  socklen_t size = 0;

  explicit Address(const std::string& path) {
    name.sun_family = AF_UNIX;
    const bool abstract = !path.empty() && path[0] == '\0';
    if (path.size() + (abstract ? 0 : 1) > sizeof name.sun_path) Fail("bind", ENAMETOOLONG);
    std::memcpy(name.sun_path, path.data(), path.size());
    size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
};

Fd NewSocket(int type) {
  return Fd(static_cast<int>(Check(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket")));
}

// socketpair(type) -> [fd, fd]
Napi::Value SocketPair(const Napi::CallbackInfo& info) {
  auto work = [&] {
    int fds[2];
    Check(::socketpair(AF_UNIX, ToInt(info[0]) | SOCK_CLOEXEC, 0, fds), "socketpair");
    return std::pair<int, int>(fds[0], fds[1]);
  };
  return RunHere(info.Env(), work, [](Napi::Env env, std::pair<int, int>& fds) -> Napi::Value {
    auto out = Napi::Array::New(env, 2);
    out.Set(0u, fds.first);
    out.Set(1u, fds.second);
    return out;
  });
}

// listenUnix(path, backlog, mode | -1) -> fd
Napi::Value ListenUnix(const Napi::CallbackInfo& info) {
  auto work = [&]() -> int64_t {
    const auto path = ToBytes(info[0]);
    const Address address(path);
    auto fd = NewSocket(SOCK_STREAM);
    Check(::bind(fd.get(), address.get(), address.size), "bind");
    if (ToInt(info[2]) >= 0 && path[0] != '\0') Check(::chmod(path.c_str(), ToUint(info[2])), "chmod");
    Check(::listen(fd.get(), ToInt(info[1])), "listen");
    return fd.release();
  };
  return RunHere(info.Env(), work, IntResult);
}

// connectUnix(path) -> fd
Napi::Value ConnectUnix(const Napi::CallbackInfo& info) {
  auto work = [&]() -> int64_t {
    const Address address(ToBytes(info[0]));
    auto fd = NewSocket(SOCK_STREAM);
    Check(RetryEintr([&] { return ::connect(fd.get(), address.get(), address.size); }), "connect");
    return fd.release();
  };
  return RunHere(info.Env(), work, IntResult);
}

// tryAccept(listener) -> fd, -1 when nobody waits
Napi::Value TryAccept(const Napi::CallbackInfo& info) {
  auto work = [&]() -> int64_t {
    const int fd =
        RetryEintr([&] { return ::accept4(ToInt(info[0]), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); });
    return fd < 0 && (errno == EAGAIN || errno == ECONNABORTED) ? -1 : Check(fd, "accept4");
  };
  return RunHere(info.Env(), work, IntResult);
}

// trySendFds(socket, bytes, fds[]) -> count of bytes, 0 when it would block
Napi::Value TrySendFds(const Napi::CallbackInfo& info) {
  auto work = [&]() -> int64_t {
    auto bytes = info[1].As<Napi::Uint8Array>();
    const auto list = info[2].As<Napi::Array>();
    if (list.Length() > kMaxFds) Fail("sendmsg", EINVAL);
    iovec part{bytes.Data(), bytes.ByteLength()};
    std::vector<char> control(CMSG_SPACE(sizeof(int) * list.Length()));
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (list.Length() > 0) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      auto* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int) * list.Length());
      for (uint32_t i = 0; i < list.Length(); i++) {
        const int fd = ToInt(list[i]);
        std::memcpy(CMSG_DATA(header) + i * sizeof fd, &fd, sizeof fd);
      }
    }
    const auto n = RetryEintr([&] { return ::sendmsg(ToInt(info[0]), &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
    return n < 0 && errno == EAGAIN ? 0 : Check(n, "sendmsg");
  };
  return RunHere(info.Env(), work, IntResult);
}

struct Received {
  std::string bytes;
  std::vector<Fd> fds;
};

// tryReceiveFds(socket, max) -> [bytes, fds], undefined when it would block
Napi::Value TryReceiveFds(const Napi::CallbackInfo& info) {
  auto work = [&]() -> std::optional<Received> {
    Received got{std::string(ToUint(info[1]), '\0'), {}};
    std::vector<char> control(CMSG_SPACE(sizeof(int) * kMaxFds));
    iovec part{got.bytes.data(), got.bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto n = RetryEintr([&] { return ::recvmsg(ToInt(info[0]), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC); });
    if (n < 0 && errno == EAGAIN) return std::nullopt;
    got.bytes.resize(static_cast<size_t>(Check(n, "recvmsg")));
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
      const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; i++) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
        got.fds.emplace_back(fd);
      }
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0) Fail("recvmsg", EMSGSIZE);
    return got;
  };
  return RunHere(info.Env(), work, [](Napi::Env env, std::optional<Received>& got) -> Napi::Value {
    if (!got) return env.Undefined();
    auto fds = Napi::Array::New(env, got->fds.size());
    for (uint32_t i = 0; i < got->fds.size(); i++) fds.Set(i, got->fds[i].release());
    auto out = Napi::Array::New(env, 2);
    out.Set(0u, NewBuffer(env, got->bytes));
    out.Set(1u, fds);
    return out;
  });
}

// peerCredentials(socket) -> [pid, uid, gid]
Napi::Value PeerCredentials(const Napi::CallbackInfo& info) {
  auto work = [&] {
    ucred peer{};
    socklen_t size = sizeof peer;
    Check(::getsockopt(ToInt(info[0]), SOL_SOCKET, SO_PEERCRED, &peer, &size), "getsockopt");
    return peer;
  };
  return RunHere(info.Env(), work, [](Napi::Env env, ucred& peer) -> Napi::Value {
    auto out = Napi::Array::New(env, 3);
    out.Set(0u, peer.pid);
    out.Set(1u, peer.uid);
    out.Set(2u, peer.gid);
    return out;
  });
}

// sendDatagram(path, bytes)
Napi::Value SendDatagram(const Napi::CallbackInfo& info) {
  auto work = [&] {
    const Address address(ToBytes(info[0]));
    const auto bytes = ToBytes(info[1]);
    const auto fd = NewSocket(SOCK_DGRAM);
    Check(::sendto(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL, address.get(), address.size), "sendto");
    return Nothing{};
  };
  return RunHere(info.Env(), work, Undefined);
}

}  // namespace

void InitSocket(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "socketpair", SocketPair);
  Export(env, exports, "listenUnix", ListenUnix);
  Export(env, exports, "connectUnix", ConnectUnix);
  Export(env, exports, "tryAccept", TryAccept);
  Export(env, exports, "trySendFds", TrySendFds);
  Export(env, exports, "tryReceiveFds", TryReceiveFds);
  Export(env, exports, "peerCredentials", PeerCredentials);
  Export(env, exports, "sendDatagram", SendDatagram);
}

}  // namespace native_sys
