// The way to the sessions of one shard from any other: what is told arrives on their shard, and finds a session or
// finds it gone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <openl2tp/plugin.hpp>

namespace openl2tp::ppp_kernel {

/// Posted through by whoever holds the lock of the Pools; closed under it, so that nobody posts to a loop that has
/// gone.
class Door : public std::enable_shared_from_this<Door> {
 public:
  enum class Message : std::uint8_t {
    address_free, // one that the session waits for: it tries again
    replaced,     // its user has called again, and wants the address
  };
  using Deliver = std::function<void(openl2tp_session_token token, Message message)>;

  Door(Host host, openl2tp_loop* loop, Deliver deliver) : host_(host), loop_(loop), deliver_(std::move(deliver)) {}
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  /// [any], under the lock
  void post(openl2tp_session_token token, Message message) {
    if (loop_ == nullptr) return;
    auto letter = std::make_unique<Letter>(Letter{shared_from_this(), token, message});
    const auto call = [](void* user) noexcept {
      const std::unique_ptr<Letter> mine(static_cast<Letter*>(user));
      if (mine->door->deliver_)
        detail::guarded("a message to a session threw", [&] { mine->door->deliver_(mine->token, mine->message); });
    };
    if (host_.ops().run_on_shard(loop_, call, letter.get()) == OPENL2TP_OK) (void)letter.release();
  }
  /// [shard], under the lock. What was posted finds nobody.
  void close() noexcept {
    loop_ = nullptr;
    deliver_ = nullptr;
  }

 private:
  struct Letter {
    std::shared_ptr<Door> door;
    openl2tp_session_token token;
    Message message;
  };

  Host host_;
  openl2tp_loop* loop_;
  Deliver deliver_; // the shard's alone
};

} // namespace openl2tp::ppp_kernel
