// PPP of one session: pppd, the socket over which it reports, the limit on its set-up. The table of its life is
// machine.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <openl2tp/plugin.h>

#include "plugins/ppp_unix/exit_status.hpp"
#include "plugins/ppp_unix/machine.hpp"
#include "plugins/ppp_unix/report.hpp"
#include "plugins/ppp_unix/setup_queue.hpp"

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

  /// Starts pppd, or gets in line. An error means that the session was never there: destroy it.
  [[nodiscard]] openl2tp_status open();

  /// Its turn in line has come; it holds a place.
  void take_turn();

  [[nodiscard]] State state() const noexcept { return state_; }

 private:
  /// What pppd is started with; gone once it runs.
  struct Start {
    Start(std::vector<std::string> pppd_arguments, const openl2tp_ppp_params& params);
    std::vector<std::string> arguments;
    Credentials credentials;
    int session_fd;
  };

  void happen(Event event);
  [[nodiscard]] openl2tp_status start_process();
  [[nodiscard]] openl2tp_status make_sockets(Descriptor& theirs);
  [[nodiscard]] Ending too_late() const;
  void report_up();
  void report_down();
  void leave_setup();
  void read_reports();
  void handle_report(const Report& report);
  void stop_watching();
  void handle_exit(std::int32_t status);
  void log(std::uint32_t level, std::string_view what) const;
  void trace(std::string_view what) const;

  Shard& shard_;
  openl2tp_session_token token_;
  State state_ = State::waiting;
  bool in_line_ = false, has_place_ = false;
  std::uint16_t tunnel_id_, session_id_;
  bool lns_;
  std::uint32_t unit_ = 0;
  SetupQueue::Ticket ticket_{};
  std::unique_ptr<Start> start_;
  Descriptor socket_; // our end
  openl2tp_watch* watch_ = nullptr;
  openl2tp_timer* timer_ = nullptr;
  openl2tp_child* child_ = nullptr;
  std::optional<Report> latest_; // what made PPP come up
  std::optional<Ending> ending_; // why it goes down
};

} // namespace openl2tp::ppp_unix
