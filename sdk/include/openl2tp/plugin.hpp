// SPDX-License-Identifier: MIT-0
//
// openl2tp/plugin.hpp: writing a plugin in C++20. Header-only, on top of openl2tp/plugin.h, which has the rules; it has
// no ABI of its own, so it may change while the ABI does not. Exceptions of the plugin end here: each function that the
// daemon calls turns them into a line of the log and a failure.
//
//   struct Shard {                                      // one object a shard thread
//     Shard(openl2tp::Host host, openl2tp_loop* loop, uint32_t index, uint32_t shards);
//   };
//   struct Session {                                    // one object a session: its constructor is open, its
//   destructor close
//     static constexpr uint32_t data_paths[] = {OPENL2TP_DATA_PATH_FRAMES};
//     Session(Shard& shard, openl2tp_session_token token, const openl2tp_ppp_params& params);
//     void frame(std::span<const uint8_t> frame);       // of the frames data path
//     // optional: void Shard::frames_done(), after the last frame of a batch, while their octets are still there
//     // optional: void modify(const openl2tp_ppp_params&); void accm(uint32_t send, uint32_t receive); void
//     closing(uint16_t result_code);
//     //           bool stats(openl2tp_ppp_stats&); static bool accepts(Shard&, const openl2tp_ppp_params&);
//     //           static uint32_t data_path(Shard&, const openl2tp_ppp_params&): one of data_paths for this session
//   };
//   OPENL2TP_PLUGIN("my_ppp", "1.0", Shard, openl2tp::Ppp<Shard, Session>)
//
// Other extensions: openl2tp::Observer<Shard> (Shard::on_tunnel, on_session, on_peer), openl2tp::Policy<Shard>
// (Shard::judge).
#pragma once

#include <openl2tp/plugin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace openl2tp {

/// The daemon. Copy it freely; every function has the thread tag of its namesake in openl2tp/host.h.
class Host {
 public:
  Host() = default;
  Host(openl2tp_host* host, const openl2tp_host_ops* ops) noexcept : host_(host), ops_(ops) {}

  [[nodiscard]] openl2tp_host* get() const noexcept { return host_; }
  [[nodiscard]] const openl2tp_host_ops& ops() const noexcept { return *ops_; }

  void log(uint32_t level, std::string_view text) const noexcept { ops_->log(host_, level, text.data(), text.size()); }
  void error(std::string_view text) const noexcept { log(OPENL2TP_LOG_ERROR, text); }
  void warning(std::string_view text) const noexcept { log(OPENL2TP_LOG_WARNING, text); }
  void info(std::string_view text) const noexcept { log(OPENL2TP_LOG_INFO, text); }
  void debug(std::string_view text) const noexcept { log(OPENL2TP_LOG_DEBUG, text); }
  [[nodiscard]] uint64_t now_ms() const noexcept { return ops_->now_ms(host_); }
  void random(std::span<std::byte> out) const noexcept { ops_->random(host_, out.data(), out.size()); }

  openl2tp_status ppp_up(openl2tp_session_token token, const openl2tp_ppp_facts* facts = nullptr) const noexcept {
    return ops_->ppp_up(host_, token, facts);
  }
  openl2tp_status ppp_update(openl2tp_session_token token, const openl2tp_ppp_facts& facts) const noexcept {
    return ops_->ppp_update(host_, token, &facts);
  }
  openl2tp_status ppp_down(openl2tp_session_token token, uint16_t result_code, std::string_view reason = {},
                           uint16_t error_code = 0) const noexcept {
    return ops_->ppp_down(host_, token, result_code, error_code, reason.data(), reason.size());
  }
  /// False when the frame was lost.
  bool send(openl2tp_session_token token, std::span<const uint8_t> frame, uint32_t flags = 0) const noexcept {
    const openl2tp_frame_out out{token, frame.data(), static_cast<uint32_t>(frame.size()), flags};
    return ops_->ppp_send(host_, &out, 1) == 1;
  }
  [[nodiscard]] bool traces(openl2tp_session_token token, uint32_t category) const noexcept {
    return (ops_->session_trace_mask(host_, token) & category) != 0;
  }
  void trace(openl2tp_session_token token, uint32_t category, std::string_view text) const noexcept {
    ops_->session_trace(host_, token, category, text.data(), text.size());
  }
  openl2tp_status close(openl2tp_session_token token, uint16_t result_code, std::string_view reason = {},
                        uint16_t error_code = 0) const noexcept {
    return ops_->session_close(host_, token, result_code, error_code, reason.data(), reason.size());
  }

 private:
  openl2tp_host* host_ = nullptr;
  const openl2tp_host_ops* ops_ = nullptr;
};

namespace detail {

/// The daemon as the entry point got it: one plugin a shared object, so one of these a plugin.
inline Host& the_host() noexcept {
  static Host host;
  return host;
}

inline void complain(const char* where) noexcept {
  try {
    throw;
  } catch (const std::exception& failure) {
    the_host().error(where);
    the_host().error(failure.what());
  } catch (...) {
    the_host().error(where);
  }
}

/// Runs `call`; an exception becomes `failure`.
template <class Result, class Call>
Result guarded(const char* where, Result failure, Call&& call) noexcept {
  try {
    return call();
  } catch (...) {
    complain(where);
    return failure;
  }
}
template <class Call>
void guarded(const char* where, Call&& call) noexcept {
  try {
    call();
  } catch (...) {
    complain(where);
  }
}

template <class Shard>
Shard* shard_of(openl2tp_shard* shard) noexcept {
  return reinterpret_cast<Shard*>(shard);
}

} // namespace detail

/// A timer of a shard's loop. [shard] It may be destroyed from inside its own callback.
class Timer {
 public:
  Timer() = default;
  Timer(Host host, openl2tp_loop* loop, std::function<void()> on_timer)
      : host_(host), state_(std::make_unique<std::function<void()>>(std::move(on_timer))) {
    if (host_.ops().timer_make(loop, &timer_, &Timer::fire, state_.get()) != OPENL2TP_OK) timer_ = nullptr;
  }
  Timer(Timer&& other) noexcept
      : host_(other.host_), timer_(std::exchange(other.timer_, nullptr)), state_(std::move(other.state_)) {}
  Timer& operator=(Timer&& other) noexcept {
    std::swap(host_, other.host_);
    std::swap(timer_, other.timer_);
    std::swap(state_, other.state_);
    return *this;
  }
  ~Timer() {
    if (timer_ != nullptr) host_.ops().timer_free(timer_);
  }

  [[nodiscard]] explicit operator bool() const noexcept { return timer_ != nullptr; }
  void arm(uint64_t after_ms) noexcept { host_.ops().timer_arm(timer_, after_ms); }
  void cancel() noexcept { host_.ops().timer_cancel(timer_); }

 private:
  static void fire(void* user) noexcept {
    // A copy: the callback may destroy the timer, and with it the function.
    detail::guarded("a timer threw", [user] {
      const std::function<void()> call = *static_cast<std::function<void()>*>(user);
      call();
    });
  }

  Host host_;
  openl2tp_timer* timer_ = nullptr;
  std::unique_ptr<std::function<void()>> state_;
};

/// The extension openl2tp.ppp/1 of objects of `Session`.
template <class Shard, class Session>
class Ppp {
 public:
  static constexpr const char* id = OPENL2TP_EXTENSION_PPP;
  static const void* table() noexcept {
    static const openl2tp_ppp_ops ops = make();
    return &ops;
  }

 private:
  static Session* session_of(openl2tp_ppp* ppp) noexcept { return reinterpret_cast<Session*>(ppp); }

  static openl2tp_ppp_ops make() noexcept {
    openl2tp_ppp_ops ops{};
    ops.struct_size = sizeof ops;
    ops.data_path_count = static_cast<uint32_t>(std::size(Session::data_paths));
    ops.data_paths = std::data(Session::data_paths);
    ops.open = [](openl2tp_ppp** out, openl2tp_shard* shard, openl2tp_session_token token,
                  const openl2tp_ppp_params* params) {
      return detail::guarded<openl2tp_status>("open threw", OPENL2TP_E_FAILED, [&] {
        *out = reinterpret_cast<openl2tp_ppp*>(
            std::make_unique<Session>(*detail::shard_of<Shard>(shard), token, *params).release());
        return OPENL2TP_OK;
      });
    };
    ops.close = [](openl2tp_ppp* ppp, uint16_t result_code) {
      const std::unique_ptr<Session> session(session_of(ppp));
      if constexpr (requires { session->closing(result_code); })
        detail::guarded("closing threw", [&] { session->closing(result_code); });
    };
    if constexpr (requires(Shard& shard, const openl2tp_ppp_params& params) { Session::accepts(shard, params); })
      ops.accept = [](openl2tp_shard* shard, const openl2tp_ppp_params* params) {
        return detail::guarded<openl2tp_status>("accepts threw", OPENL2TP_E_UNSUPPORTED, [&] {
          return Session::accepts(*detail::shard_of<Shard>(shard), *params) ? OPENL2TP_OK : OPENL2TP_E_UNSUPPORTED;
        });
      };
    if constexpr (requires(Shard& shard, const openl2tp_ppp_params& params) { Session::data_path(shard, params); })
      ops.choose_data_path = [](openl2tp_shard* shard, const openl2tp_ppp_params* params) {
        return detail::guarded<uint32_t>("data_path threw", Session::data_paths[0],
                                         [&] { return Session::data_path(*detail::shard_of<Shard>(shard), *params); });
      };
    if constexpr (requires(Session& session, const openl2tp_ppp_params& params) { session.modify(params); })
      ops.modify = [](openl2tp_ppp* ppp, const openl2tp_ppp_params* params) {
        return detail::guarded<openl2tp_status>("modify threw", OPENL2TP_E_FAILED, [&] {
          session_of(ppp)->modify(*params);
          return OPENL2TP_OK;
        });
      };
    if constexpr (requires(Session& session, openl2tp_ppp_stats& stats) { session.stats(stats); })
      ops.stats = [](openl2tp_ppp* ppp, openl2tp_ppp_stats* out) {
        return detail::guarded<openl2tp_status>("stats threw", OPENL2TP_E_FAILED, [&] {
          return session_of(ppp)->stats(*out) ? OPENL2TP_OK : OPENL2TP_E_FAILED;
        });
      };
    if constexpr (requires(Session& session) { session.frame(std::span<const uint8_t>{}); })
      // A frame must not end its session from inside: report ppp_down, and the daemon closes it afterwards.
      ops.frames = [](openl2tp_shard* shard, const openl2tp_frame_in* frames, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
          detail::guarded("frame threw", [&] {
            session_of(frames[i].ppp)->frame(std::span<const uint8_t>(frames[i].octets, frames[i].length));
          });
        if constexpr (requires(Shard& mine) { mine.frames_done(); })
          detail::guarded("frames_done threw", [&] { detail::shard_of<Shard>(shard)->frames_done(); });
      };
    if constexpr (requires(Session& session) { session.accm(0U, 0U); })
      ops.accm = [](openl2tp_ppp* ppp, uint32_t send_accm, uint32_t receive_accm) {
        detail::guarded("accm threw", [&] { session_of(ppp)->accm(send_accm, receive_accm); });
      };
    return ops;
  }
};

/// The extension openl2tp.observer/1: what Shard has of on_tunnel, on_session and on_peer, each (uint32_t event, const
/// facts&).
template <class Shard>
class Observer {
 public:
  static constexpr const char* id = OPENL2TP_EXTENSION_OBSERVER;
  static const void* table() noexcept {
    static const openl2tp_observer_ops ops = make();
    return &ops;
  }

 private:
  static openl2tp_observer_ops make() noexcept {
    openl2tp_observer_ops ops{};
    ops.struct_size = sizeof ops;
    if constexpr (requires(Shard& shard, const openl2tp_tunnel_facts& facts) { shard.on_tunnel(1U, facts); })
      ops.tunnel = [](openl2tp_shard* shard, uint32_t event, const openl2tp_tunnel_facts* facts) {
        detail::guarded("on_tunnel threw", [&] { detail::shard_of<Shard>(shard)->on_tunnel(event, *facts); });
      };
    if constexpr (requires(Shard& shard, const openl2tp_session_facts& facts) { shard.on_session(1U, facts); })
      ops.session = [](openl2tp_shard* shard, uint32_t event, const openl2tp_session_facts* facts) {
        detail::guarded("on_session threw", [&] { detail::shard_of<Shard>(shard)->on_session(event, *facts); });
      };
    if constexpr (requires(Shard& shard, const openl2tp_peer_facts& facts) { shard.on_peer(1U, facts); })
      ops.peer = [](openl2tp_shard* shard, uint32_t event, const openl2tp_peer_facts* facts) {
        detail::guarded("on_peer threw", [&] { detail::shard_of<Shard>(shard)->on_peer(event, *facts); });
      };
    return ops;
  }
};

/// The extension openl2tp.policy/1: what Shard has of bool judge(const openl2tp_tunnel_request&, openl2tp_refusal&),
/// and the same for an openl2tp_session_request; false refuses.
template <class Shard>
class Policy {
 public:
  static constexpr const char* id = OPENL2TP_EXTENSION_POLICY;
  static const void* table() noexcept {
    static const openl2tp_policy_ops ops = make();
    return &ops;
  }

 private:
  template <class Request>
  static openl2tp_status ask(openl2tp_shard* shard, const Request* request, openl2tp_refusal* out) noexcept {
    return detail::guarded<openl2tp_status>("judge threw", OPENL2TP_E_FAILED, [&] {
      return detail::shard_of<Shard>(shard)->judge(*request, *out) ? OPENL2TP_OK : OPENL2TP_E_REFUSED;
    });
  }
  static openl2tp_policy_ops make() noexcept {
    openl2tp_policy_ops ops{};
    ops.struct_size = sizeof ops;
    if constexpr (requires(Shard& s, const openl2tp_tunnel_request& r, openl2tp_refusal& o) { s.judge(r, o); })
      ops.tunnel = [](openl2tp_shard* shard, const openl2tp_tunnel_request* request, openl2tp_refusal* out) {
        return ask(shard, request, out);
      };
    if constexpr (requires(Shard& s, const openl2tp_session_request& r, openl2tp_refusal& o) { s.judge(r, o); })
      ops.session = [](openl2tp_shard* shard, const openl2tp_session_request* request, openl2tp_refusal* out) {
        return ask(shard, request, out);
      };
    return ops;
  }
};

namespace detail {

/// The plugin's own table. `Shard` is made for each shard thread from (Host, openl2tp_loop*, uint32_t index, uint32_t
/// shards).
template <class Shard, class... Extensions>
const openl2tp_plugin_ops* plugin_table(openl2tp_host* host, const openl2tp_host_ops* host_ops, const char* name,
                                        const char* version) noexcept {
  the_host() = Host(host, host_ops);
  static openl2tp_plugin_ops ops{};
  ops.struct_size = sizeof ops;
  ops.abi_major = OPENL2TP_ABI_MAJOR;
  ops.abi_minor = OPENL2TP_ABI_MINOR;
  ops.name = name;
  ops.version = version;
  ops.get_extension = [](const char* wanted) -> const void* {
    const void* found = nullptr;
    ((std::strcmp(wanted, Extensions::id) == 0 ? void(found = Extensions::table()) : void()), ...);
    return found;
  };
  ops.shard_start = [](openl2tp_shard** out, openl2tp_loop* loop, uint32_t index, uint32_t shards) {
    return guarded<openl2tp_status>("shard_start threw", OPENL2TP_E_FAILED, [&] {
      *out = reinterpret_cast<openl2tp_shard*>(std::make_unique<Shard>(the_host(), loop, index, shards).release());
      return OPENL2TP_OK;
    });
  };
  ops.shard_stop = [](openl2tp_shard* shard) { delete shard_of<Shard>(shard); };
  return &ops;
}

} // namespace detail
} // namespace openl2tp

/// Defines the entry point. `...`: the shard's type, then the extensions.
#define OPENL2TP_PLUGIN(name, version, ...)                                                                            \
  OPENL2TP_PLUGIN_EXPORT const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host* host,                         \
                                                                          const openl2tp_host_ops* host_ops) {         \
    return ::openl2tp::detail::plugin_table<__VA_ARGS__>(host, host_ops, name, version);                               \
  }
