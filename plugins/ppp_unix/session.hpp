// PPP of one session: pppd, the socket over which it reports, the limit on its set-up. The table of its life is
// machine.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <openl2tp/plugin.h>

#include "plugins/ppp_unix/exit_status.hpp"
#include "plugins/ppp_unix/machine.hpp"
#include "plugins/ppp_unix/report.hpp"

namespace openl2tp::ppp_unix {

class Shard;

/// A descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

/// From openl2tp_ppp_ops.open to close. All calls on the shard's thread. Its address is what the host's callbacks know:
/// it does not move.
class Session {
 public:
  Session(Shard& shard, openl2tp_session_token token, const openl2tp_ppp_params& params);
  /// pppd, where it runs, is told to end, and is killed when it does not.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Starts pppd. An error means that the session was never there: destroy it.
  [[nodiscard]] openl2tp_status open(const openl2tp_ppp_params& params);

  [[nodiscard]] State state() const noexcept { return state_; }

 private:
  /// Takes the table's row for `event`; what is to be done.
  [[nodiscard]] Step advance(Event event);
  [[nodiscard]] openl2tp_status make_sockets(const openl2tp_ppp_params& params, Descriptor& theirs);
  [[nodiscard]] openl2tp_status start_pppd(const openl2tp_ppp_params& params, const Descriptor& theirs);
  void handle_reports();
  void handle_report(const Report& report);
  void handle_network_up(const Report& report);
  void handle_exit(std::int32_t status);
  void handle_late();
  void end(Event event, const Ending& ending);
  void stop_watching();
  void log(std::uint32_t level, std::string_view what) const;
  void trace(std::string_view what) const;

  Shard& shard_;
  openl2tp_session_token token_;
  std::uint16_t tunnel_id_, session_id_;
  State state_ = State::starting;
  bool lns_;
  std::uint32_t unit_;
  std::string tunnel_peer_; // its address
  Descriptor socket_;       // our end
  openl2tp_watch* watch_ = nullptr;
  openl2tp_timer* timer_ = nullptr;
  openl2tp_child* child_ = nullptr;
};

} // namespace openl2tp::ppp_unix
