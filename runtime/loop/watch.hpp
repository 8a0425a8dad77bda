// A standing watch on a descriptor with a callback: what a plugin's descriptors and other people's libraries need.
#pragma once

#include <cstdint>

#include "runtime/coro/event.hpp"
#include "runtime/loop/loop.hpp"

namespace openl2tp::runtime {

/// Polls `fd` with a multishot poll, re-armed by itself. Close it, and await closed() before the watch or the
/// descriptor goes.
class FileWatch : private Operation {
 public:
  FileWatch(Loop& loop, int fd, std::uint32_t events) noexcept : loop_(loop), fd_(fd), events_(events) {}
  virtual ~FileWatch() { OPENL2TP_ASSERT(!armed_); }

  void start();
  /// No callback after this. Idempotent.
  void close() noexcept;
  /// Set when the kernel holds nothing of the watch any more.
  [[nodiscard]] Event& closed() noexcept { return closed_; }

 protected:
  /// In the loop's thread, from its completions: read the descriptor (without blocking), note, post. Edge-triggered:
  /// read until EAGAIN.
  /// @param events  POLLIN and friends, or 0 and a negative errno value in `error`, after which the watch is dead.
  virtual void on_ready(std::uint32_t events, int error) noexcept = 0;

 private:
  void arm();
  void complete(const Completion& completion) noexcept override;

  Loop& loop_;
  int fd_;
  std::uint32_t events_;
  bool armed_ = false;
  bool closing_ = false;
  Event closed_;
};

} // namespace openl2tp::runtime
