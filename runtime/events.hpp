// What happens to tunnels and sessions, for whoever wants to watch: shards publish, one other thread listens and passes
// on. While nobody listens an event costs one load and one branch.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "runtime/loop/mailbox.hpp"

namespace openl2tp::runtime {

struct MonitorEvent {
  enum class Kind : std::uint8_t {
    tunnel_created,
    tunnel_up,
    tunnel_down,
    tunnel_gone,
    session_up,
    session_down,
    ppp_up,          // of a session: data may flow
    session_changed, // what is shown of it: for those who keep that elsewhere, not for people
    peer_trouble,    // of no object: datagrams to a peer are lost, and why
  };
  Kind kind{};
  std::int64_t at = 0; // milliseconds since 1970; 0: the time of its publication
  std::uint16_t tunnel_id = 0, session_id = 0, peer_tunnel_id = 0, peer_session_id = 0;
  std::string text; // what the log says of it; may quote the peer, escaped
};

class EventHub {
 public:
  /// Events that may wait for the listener; beyond it they are dropped and counted.
  static constexpr std::size_t waiting_max = 65'536;

  /// Any thread: whether somebody listens. Ask before composing an event.
  [[nodiscard]] bool wanted() const noexcept {
    if (wanted_.load(std::memory_order_relaxed)) return true;
    const EventHub* second = second_.load(std::memory_order_acquire);
    return second != nullptr && second->wanted();
  }
  /// Any thread; never blocks.
  void publish(MonitorEvent event) {
    if (event.at == 0) event.at = now_ms();
    if (EventHub* second = second_.load(std::memory_order_acquire)) second->publish(event);
    if (!wanted_.load(std::memory_order_relaxed)) return;
    if (!queue_.call([this, event = std::move(event)] {
          if (listener_) listener_(event);
        }))
      dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  /// Events that the listener was too slow for, since the start.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

  /// Once, from any thread: publishes to `second`, too, so that another thread listens there, with a queue of its own.
  /// It outlives every publisher. More listeners make a chain.
  void also_to(EventHub& second) noexcept { second_.store(&second, std::memory_order_release); }

  // ---- the listening thread, one ----

  /// Begins (or, with an empty function, ends) listening. The function is called by dispatch() alone.
  void listen(std::function<void(const MonitorEvent&)> listener) {
    listener_ = std::move(listener);
    wanted_.store(static_cast<bool>(listener_), std::memory_order_relaxed);
  }
  /// Readable when events wait; a blocking eventfd of eight octets, which dispatch() does not read.
  [[nodiscard]] int wake_fd() const noexcept { return queue_.wake_fd(); }
  /// Hands what waits to the listener. @return how many.
  std::size_t dispatch() { return queue_.deliver_all(); }

 private:
  [[nodiscard]] static std::int64_t now_ms() noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  }

  Mailbox queue_{waiting_max};
  std::function<void(const MonitorEvent&)> listener_;
  std::atomic<bool> wanted_{false};
  std::atomic<EventHub*> second_{nullptr};
  std::atomic<std::uint64_t> dropped_{0};
};

} // namespace openl2tp::runtime
