// A plugin for PPP that answers late, twice, never, or out of turn: what the host and the shard must live with. It
// takes the sessions of the PPP profile "moody".
#pragma once

#include <openl2tp/plugin.hpp>

namespace openl2tp::daemon_sim {

inline constexpr const char* moody_name = "moody";

/// Of one shard. A base: whoever makes it knows the host.
class MoodyShard {
 public:
  MoodyShard(openl2tp::Host host, openl2tp_loop* loop) noexcept : host_(host), loop_(loop) {}
  [[nodiscard]] const openl2tp::Host& host() const noexcept { return host_; }
  [[nodiscard]] openl2tp_loop* loop() const noexcept { return loop_; }
  [[nodiscard]] unsigned roll(unsigned sides) const noexcept;

 private:
  openl2tp::Host host_;
  openl2tp_loop* loop_;
};

class MoodySession {
 public:
  static constexpr std::uint32_t data_paths[] = {OPENL2TP_DATA_PATH_KERNEL, OPENL2TP_DATA_PATH_FRAMES};

  MoodySession(MoodyShard& shard, openl2tp_session_token token, const openl2tp_ppp_params& params);
  ~MoodySession();
  MoodySession(const MoodySession&) = delete;
  MoodySession& operator=(const MoodySession&) = delete;
  /// Frames of the peer go back to it, now and then.
  void frame(std::span<const std::uint8_t> frame);

 private:
  void speak();

  MoodyShard& shard_;
  openl2tp_session_token token_;
  openl2tp::Timer timer_;
};

} // namespace openl2tp::daemon_sim
