// Something that is read from files by a worker and must not be older than a second when it is used: who looks, how
// often, and who waits for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <openl2tp/plugin.hpp>

namespace openl2tp::ppp_kernel {

/// One look at the files.
class Look {
 public:
  virtual ~Look() = default;
  virtual void work() = 0; // [worker]
  virtual void done() {}   // [shard], before those that wait are called; not when the Freshness has gone
};

/// [shard]
class Freshness {
 public:
  static constexpr std::uint64_t look_interval_ms = 1'000;
  static constexpr std::size_t waiting_max = 65'536;

  /// `make_look` makes each look; it is not called once this object has gone.
  Freshness(Host host, openl2tp_loop* loop, std::function<std::unique_ptr<Look>()> make_look);
  ~Freshness();
  Freshness(const Freshness&) = delete;
  Freshness& operator=(const Freshness&) = delete;

  /// Runs `call` when the last look is at most `look_interval_ms` old: now, or later on the shard's thread. What waits
  /// when this object goes is not called. Beyond `waiting_max` it is called with what is there.
  void when_fresh(std::function<void()> call);

 private:
  struct Running;
  void handle_looked(Look& look);

  Host host_;
  openl2tp_loop* loop_;
  std::function<std::unique_ptr<Look>()> make_look_;
  std::uint64_t looked_ms_ = 0;
  bool looked_ = false;
  Running* running_ = nullptr;
  std::vector<std::function<void()>> waiting_;
};

} // namespace openl2tp::ppp_kernel
