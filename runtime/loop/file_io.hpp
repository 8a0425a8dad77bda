// One request on any descriptor as an awaitable: read, write, poll. For sockets with traffic there are endpoints with
// buffer pools.
#pragma once

#include <coroutine>
#include <cstddef>
#include <span>

#include "runtime/loop/loop.hpp"

namespace openl2tp::runtime {

/// Suspends until the request's terminal completion, also when it is cancelled: the buffer is safe until then. Answers
/// what the system call would (octets, events), or a negative errno value; -ECANCELED when the task was stopped.
class FileRequest final : private Operation, private StopCallback {
 public:
  enum class Kind : std::uint8_t { read, write, poll };

  FileRequest(Kind kind, RingFile file, std::span<std::byte> buffer, std::span<const std::byte> data,
              std::uint32_t events) noexcept
      : kind_(kind), file_(file), buffer_(buffer), data_(data), events_(events) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    return begin(handle.promise());
  }
  int await_resume() const noexcept { return result_; }

 private:
  bool begin(PromiseBase& promise);
  void complete(const Completion& completion) noexcept override;
  void on_stop() noexcept override;

  Kind kind_;
  RingFile file_;
  std::span<std::byte> buffer_;
  std::span<const std::byte> data_;
  std::uint32_t events_;
  PromiseBase* promise_ = nullptr;
  int result_ = 0;
};

/// `const int octets = co_await read_file(fd, buffer);` The descriptor should be blocking: with O_NONBLOCK it answers
/// -EAGAIN at once.
[[nodiscard]] inline FileRequest read_file(int fd, std::span<std::byte> buffer) noexcept {
  return FileRequest(FileRequest::Kind::read, {.fd = fd, .slot = -1}, buffer, {}, 0);
}
[[nodiscard]] inline FileRequest write_file(int fd, std::span<const std::byte> data) noexcept {
  return FileRequest(FileRequest::Kind::write, {.fd = fd, .slot = -1}, {}, data, 0);
}
/// `const int events = co_await poll_file(fd, POLLIN);` Completes when the descriptor is ready, with O_NONBLOCK too.
[[nodiscard]] inline FileRequest poll_file(int fd, std::uint32_t events) noexcept {
  return FileRequest(FileRequest::Kind::poll, {.fd = fd, .slot = -1}, {}, {}, events);
}

} // namespace openl2tp::runtime
