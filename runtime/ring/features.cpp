// Probe and explanation. The one-liners are for people who see them in a journal at night: cause first, then what to
// change.
#include "runtime/ring/features.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "runtime/ring/buffer_pool.hpp"
#include "runtime/ring/unique_fd.hpp"
#include "runtime/ring/uring_ring.hpp"

namespace openl2tp::runtime {

namespace {

constexpr const char* kNeeds = "openl2tpd needs Linux 6.1 or later";

bool older_than_6_1(const std::string& release) {
  int major = 0, minor = 0;
  if (std::sscanf(release.c_str(), "%d.%d", &major, &minor) != 2) return false;
  return major < 6 || (major == 6 && minor < 1);
}

std::uint64_t limit_of(__rlimit_resource resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
  return limit.rlim_cur;
}

/// The beginning of a small file; empty when it cannot be read.
std::string read_text(const char* path) {
  const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text;
  const ssize_t length = file ? ::read(file.get(), text.data(), text.size()) : 0;
  return {text.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

struct Result final : Operation {
  bool done = false;
  int result = 0;
  void complete(const Completion& completion) noexcept override {
    done = true;
    result = completion.result;
  }
};

// The kernel has no flag for this: send one datagram to ourselves. Any answer but "where to?" shows that the address
// was read.
bool probe_send_with_address(UringRing& ring) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return false;
  }
  char octet = 0;
  iovec data{.iov_base = &octet, .iov_len = 1};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  Result send;
  ring.send_datagram(send, {.fd = socket.get(), .slot = -1}, message);
  while (!send.done)
    (void)ring.wait(std::nullopt, true);
  return send.result != -EINVAL && send.result != -EDESTADDRREQ && send.result != -ENOTCONN;
}

} // namespace

RefusalFacts gather_refusal_facts() {
  RefusalFacts facts;
  utsname name{};
  if (::uname(&name) == 0) facts.kernel_release = name.release;
  const std::string disabled = read_text("/proc/sys/kernel/io_uring_disabled");
  if (!disabled.empty()) facts.io_uring_disabled = std::atoi(disabled.c_str());
  const std::string status = read_text("/proc/self/status");
  constexpr std::string_view field = "\nSeccomp:";
  const std::size_t at = status.find(field);
  if (at != std::string::npos) facts.seccomp_mode = std::atoi(status.c_str() + at + field.size());
  facts.memlock_limit = limit_of(RLIMIT_MEMLOCK);
  facts.file_limit = limit_of(RLIMIT_NOFILE);
  return facts;
}

std::string explain_refusal(int error, const RefusalFacts& facts) {
  const std::string what = "io_uring is refused (" + std::string(std::strerror(error)) + "): ";
  if (error != EMFILE && error != ENFILE && older_than_6_1(facts.kernel_release)) {
    return what + "kernel " + facts.kernel_release + " is too old; " + kNeeds;
  }
  switch (error) {
  case EPERM:
  case EACCES:
    if (facts.io_uring_disabled == 2) {
      return what + "sysctl kernel.io_uring_disabled is 2; run sysctl kernel.io_uring_disabled=0";
    }
    if (facts.io_uring_disabled == 1) {
      return what + "sysctl kernel.io_uring_disabled is 1 and this process is neither privileged nor in "
                    "kernel.io_uring_group; "
                    "run sysctl kernel.io_uring_disabled=0, or start as root";
    }
    return what + (facts.seccomp_mode == 2 ? "a seccomp filter" : "a security module or seccomp filter") +
           " (container runtime or systemd SystemCallFilter=) forbids it; allow the system calls io_uring_setup, "
           "io_uring_enter and "
           "io_uring_register";
  case ENOSYS:
    if (facts.seccomp_mode == 2) {
      return what +
             "a seccomp filter (container runtime) hides it; allow the system calls io_uring_setup, io_uring_enter and "
             "io_uring_register";
    }
    return what + "kernel " + facts.kernel_release + " was built without CONFIG_IO_URING; " + kNeeds + " with io_uring";
  case ENOMEM: {
    const std::string limit =
        facts.memlock_limit == UINT64_MAX ? "unlimited" : std::to_string(facts.memlock_limit / 1024) + " KiB";
    return what + "it may not lock enough memory, RLIMIT_MEMLOCK is " + limit +
           "; set LimitMEMLOCK=infinity in the unit, ulimit -l unlimited, or give the capability CAP_IPC_LOCK";
  }
  case EMFILE:
    return what + "no file descriptors left (limit " + std::to_string(facts.file_limit) +
           "); raise LimitNOFILE= in the unit, or ulimit -n";
  case ENFILE: return what + "the system has no more files; raise sysctl fs.file-max";
  case EINVAL:
    return what + "kernel " + facts.kernel_release + " lacks DEFER_TASKRUN, SINGLE_ISSUER or buffer rings; " + kNeeds;
  default:
    return what + "kernel " + facts.kernel_release + " gave no known reason; " + kNeeds + " with io_uring allowed";
  }
}

RingRefusal make_refusal(int error) { return {.error = error, .text = explain_refusal(error, gather_refusal_facts())}; }

tl::expected<Features, RingRefusal> probe_features() {
  UringOptions options;
  options.submission_entries = 8;
  options.completion_entries = 16;
  options.registered_files = 0;
  options.features.send_with_address = true;
  auto ring = UringRing::create(options);
  if (!ring) return tl::unexpected(std::move(ring.error()));
  BufferPool pool(0, 8, 256);
  if (const int error = (*ring)->register_pool(pool); error < 0) return tl::unexpected(make_refusal(-error));
  Features features;
  features.send_with_address = probe_send_with_address(**ring);
  (*ring)->unregister_pool(pool);
  return features;
}

} // namespace openl2tp::runtime
