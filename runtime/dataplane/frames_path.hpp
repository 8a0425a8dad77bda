// The frames data path of a shard: data messages to and from PPP frames for plugins that bring their own PPP, over the
// shard's own sockets. RFC 2661 §3.1, §5.3, §5.4. The kernel data path is elsewhere; which plugin a session has, and
// its ABI but for the array of frames, is runtime/plugin's business.
//
//   FramesPath frames(*loop_, {});                          // after the loop, destroyed before it; sessions closed
//   // SessionUp of a session whose plugin takes frames:
//   frames.open({.tunnel = t, .session = s, .peer_tunnel = ..., .peer_session = ..., .endpoint =
//   endpoint(route.socket),
//                .path = route.path, .sequencing = {.lns = ..., ...}, .receiver = {call_plugin, plugin}});
//   plugin.open(&ppp, ...);  frames.set_ppp(t, s, ppp);     // the plugin may send from inside its open
//   // Shard::on_datagrams:
//   for (const Datagram& d : batch)
//     if (is_control(d.octets) || !frames.on_datagram(d.octets, d.path, d.truncated)) engine_->handle_datagram(...);
//   frames.flush();                                         // one call a plugin, with all that came
//   // openl2tp_host_ops.ppp_send, for each frame:
//   frames.send(t, s, octets, flags) == FrameSent::yes
//   // SessionEnded (before the plugin's close), modify, reports, TunnelGone:
//   frames.close(t, s);  frames.modify(t, s, sequencing);  frames.session_statistics(t, s);
//   frames.tunnel_statistics(t);  frames.forget_tunnel(t);
//
// Thread rule: the shard's thread. Receivers may call send(), open() and close() from inside.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include <openl2tp/ppp.h>

#include "protocol/data/data_channel.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "runtime/control.hpp"
#include "runtime/loop/loop.hpp"
#include "runtime/net/udp_endpoint.hpp"

namespace openl2tp::runtime {

/// Who takes the frames of a session: one for each plugin.
struct FramesReceiver {
  /// `frames` is in the order of arrival and valid during the call. A session that is closed from inside may still have
  /// frames behind in the same array; there will be no other.
  void (*deliver)(void* self, std::span<const openl2tp_frame_in> frames) noexcept = nullptr;
  void* self = nullptr;
  bool operator==(const FramesReceiver&) const = default;
};

struct OpenFrames {
  protocol::TunnelId tunnel;
  protocol::SessionId session;
  protocol::PeerTunnelId peer_tunnel;
  protocol::PeerSessionId peer_session;
  UdpEndpoint* endpoint = nullptr; // outlives the session; the tunnel's other sessions follow to it
  protocol::Path path;             // of the tunnel
  protocol::DataSettings sequencing;
  openl2tp_ppp* ppp = nullptr;
  FramesReceiver receiver;
};

struct FramesLimits {
  std::size_t early_octets = std::size_t{16} << 20; // for early frames of all sessions; rounded down to 64 KiB
  std::uint32_t receivers = 64;                     // plugins
};

enum class FrameSent : std::uint8_t {
  yes,             // it leaves at the end of the turn
  unknown_session, // not open
  invalid,         // no octets, more than frame_octets_max, or an unknown flag
  no_room,         // no send slot was free, or the endpoint is closing: counted as sent_errors
};

/// Of all sessions, beside their statistics.
struct FramesCounters {
  std::uint64_t foreign = 0;   // for a session of ours from somebody else than its tunnel's peer: dropped
  std::uint64_t truncated = 0; // longer than a receive buffer: dropped
};

/// The data part of TunnelStatistics: of all sessions that the tunnel has or had.
struct TunnelDataStatistics {
  SessionStatistics frames;
  protocol::TimePoint received_at; // when the last data message arrived; the loop's origin before the first
};

class FramesPath {
 public:
  /// The longest PPP frame, either way.
  static constexpr std::size_t frame_octets_max = 65'000;

  FramesPath(Loop& loop, const FramesLimits& limits);
  FramesPath(const FramesPath&) = delete;
  FramesPath& operator=(const FramesPath&) = delete;
  /// Closes what is open, without a word to anybody.
  ~FramesPath();

  /// @return false when it is open already, or there are too many receivers.
  [[nodiscard]] bool open(const OpenFrames& session);
  /// What openl2tp_frame_in::ppp will be.
  void set_ppp(protocol::TunnelId tunnel, protocol::SessionId session, openl2tp_ppp* ppp) noexcept;
  /// The operator changed sequencing or the reorder timeout. Nothing happens when it is not open.
  void modify(protocol::TunnelId tunnel, protocol::SessionId session,
              const protocol::DataSettings& sequencing) noexcept;
  /// Frames of it that were not delivered yet are dropped. @return its last statistics; nullopt when it was not open.
  std::optional<SessionStatistics> close(protocol::TunnelId tunnel, protocol::SessionId session) noexcept;
  /// Closes the tunnel's sessions and forgets its statistics.
  void forget_tunnel(protocol::TunnelId tunnel) noexcept;

  /// Takes a datagram without T bit. Its octets must stay until flush().
  /// @return false when it is malformed or for no session that is open here: the engine counts it.
  [[nodiscard]] bool on_datagram(std::span<const std::byte> octets, const protocol::Path& path,
                                 bool truncated) noexcept;
  /// Hands what on_datagram() took to the receivers: one call each. on_datagram() does it too when 1024 frames wait.
  void flush() noexcept;

  /// Sends one PPP frame. The payload is copied once; equally long frames to one peer that follow each other leave in
  /// one system call. @param flags  OPENL2TP_FRAME_*.
  FrameSent send(protocol::TunnelId tunnel, protocol::SessionId session, std::span<const std::byte> frame,
                 std::uint32_t flags) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return sessions_.size(); }
  [[nodiscard]] std::optional<SessionStatistics> session_statistics(protocol::TunnelId tunnel,
                                                                    protocol::SessionId session) const noexcept;
  /// nullopt when it never had a session here.
  [[nodiscard]] std::optional<TunnelDataStatistics> tunnel_statistics(protocol::TunnelId tunnel) const noexcept;
  [[nodiscard]] const FramesCounters& counters() const noexcept { return counters_; }
  /// Memory of early frames.
  [[nodiscard]] const protocol::MessagePool::Usage& early_memory() const noexcept { return pool_.usage(); }

 private:
  static constexpr std::size_t batch_max = 1024;

  struct TunnelEntry {
    UdpEndpoint* endpoint = nullptr;
    protocol::Path path;
    protocol::PeerTunnelId peer;
    std::uint32_t open = 0; // sessions
    TunnelDataStatistics statistics;
  };
  struct Session final : LoopTimer { // armed while early frames wait
    Session(FramesPath& owner, TunnelEntry& its_tunnel, const OpenFrames& facts, std::uint8_t receiver);
    void on_timer(protocol::TimePoint now) noexcept override { path.handle_timeout(*this, now); }

    FramesPath& path;
    TunnelEntry& tunnel;
    openl2tp_ppp* ppp;
    protocol::DataChannel channel;
    SessionStatistics statistics;
    std::uint32_t round = 0; // when a frame of it was gathered last
    protocol::PeerSessionId peer;
    std::uint8_t batch;
  };
  struct Batch { // of one receiver
    FramesReceiver receiver;
    std::vector<openl2tp_frame_in> frames;
    std::vector<const Session*> owners; // one for each frame
  };
  struct KeyHash {
    std::size_t operator()(std::uint32_t key) const noexcept {
      return static_cast<std::size_t>((key * std::uint64_t{0x9e3779b97f4a7c15}) >> 32);
    }
  };

  using Sessions = std::unordered_map<std::uint32_t, Session, KeyHash>;

  [[nodiscard]] static std::uint32_t key_of(std::uint16_t tunnel, std::uint16_t session) noexcept {
    return std::uint32_t{tunnel} << 16 | session;
  }
  [[nodiscard]] Session* find(std::uint32_t key) noexcept;
  [[nodiscard]] std::optional<std::uint8_t> batch_for(const FramesReceiver& receiver);
  void gather(Session& session, protocol::Octets frame) noexcept;
  void gather_kept(Session& session, protocol::MessageNode* nodes) noexcept;
  void handle_timeout(Session& session, protocol::TimePoint now) noexcept;
  void set_timer(Session& session) noexcept;
  void drop_gathered(const Session& session) noexcept;
  Sessions::iterator close(Sessions::iterator session) noexcept;

  Loop& loop_;
  FramesLimits limits_;
  protocol::MessagePool pool_;
  std::unordered_map<std::uint16_t, TunnelEntry> tunnels_;
  Sessions sessions_;
  Session* latest_ = nullptr; // the one that was looked for last
  std::uint32_t latest_key_ = 0;
  std::vector<std::unique_ptr<Batch>> batches_;
  std::vector<openl2tp_frame_in> delivering_;
  protocol::MessageNode* delivered_ = nullptr; // kept frames that go back to the pool after flush()
  std::uint32_t round_ = 1;                    // of gathering; flush() begins a new one
  std::size_t gathered_ = 0;
  bool flushing_ = false;
  FramesCounters counters_;
};

} // namespace openl2tp::runtime
