#include "runtime/plugin/host.hpp"

#include <utility>

#include <fmt/format.h>

#include "protocol/assert.hpp"
#include "runtime/plugin/host_services.hpp"

namespace openl2tp::runtime {

namespace {

// The hosts that were started by this thread. A [shard] function of the plugin called on another thread finds none, or
// none that knows the token, without touching anything that two threads share.
thread_local PluginHost* hosts_here = nullptr;

constexpr protocol::Duration slow_call{100};

constexpr std::uint32_t key_of(protocol::TunnelId tunnel, protocol::SessionId session) {
  return std::uint32_t{tunnel.value} << 16 | session.value;
}
constexpr protocol::TunnelId tunnel_of(std::uint32_t key) { return {static_cast<std::uint16_t>(key >> 16)}; }
constexpr protocol::SessionId session_id_of(std::uint32_t key) { return {static_cast<std::uint16_t>(key)}; }
// A token is used again only for the same pair of ids and 2^32 sessions of the shard later.
constexpr openl2tp_ppp_token token_of(std::uint32_t turn, std::uint32_t key) { return std::uint64_t{turn} << 32 | key; }

std::string subject(openl2tp_ppp_token token) {
  const auto key = static_cast<std::uint32_t>(token);
  return fmt::format("tunnel {} session {}", tunnel_of(key).value, session_id_of(key).value);
}

} // namespace

struct PluginHost::Found {
  PluginHost* owner = nullptr;
  Session* session = nullptr;
  openl2tp_status fault = OPENL2TP_OK;
};

PluginHost::PluginHost(const PluginSet& plugins, Log& log, std::uint32_t shard_index)
    : plugins_(plugins), log_(log), shard_index_(shard_index) {}

PluginHost::~PluginHost() { OPENL2TP_ASSERT(!started_); }

tl::expected<void, std::string> PluginHost::start() {
  OPENL2TP_ASSERT(!started_);
  started_ = true;
  next_here_ = std::exchange(hosts_here, this);
  for (const auto& plugin : plugins_.plugins()) {
    Instance instance{plugin.get(), nullptr};
    if (plugin->ops.shard_start != nullptr) {
      const openl2tp_status status = plugin->ops.shard_start(&instance.shard, shard_index_);
      if (status != OPENL2TP_OK) {
        stop();
        return tl::unexpected(fmt::format("plugin {}: shard_start failed with status {}", plugin->name(), status));
      }
    }
    instances_.push_back(instance);
    if (plugin.get() == plugins_.ppp_provider()) ppp_shard_ = instance.shard;
  }
  return {};
}

void PluginHost::stop() {
  if (!started_) return;
  const auto open = std::exchange(sessions_, {});
  for (const auto& [key, session] : open)
    close_session(session, 0);
  events_.clear();
  while (!instances_.empty()) {
    const Instance instance = instances_.back();
    instances_.pop_back();
    if (instance.plugin->ops.shard_stop != nullptr) instance.plugin->ops.shard_stop(instance.shard);
  }
  ppp_shard_ = nullptr;
  PluginHost** link = &hosts_here;
  while (*link != nullptr && *link != this)
    link = &(*link)->next_here_;
  OPENL2TP_ASSERT(*link == this); // stopped by the thread that started it
  *link = std::exchange(next_here_, nullptr);
  started_ = false;
}

tl::expected<void, openl2tp_status> PluginHost::open(const PppSession& session) {
  const Plugin* plugin = plugins_.ppp_provider();
  if (plugin == nullptr || !started_) return tl::unexpected(openl2tp_status{OPENL2TP_E_UNSUPPORTED});
  const std::uint32_t key = key_of(session.tunnel, session.session);
  const auto [position, is_new] = sessions_.try_emplace(key);
  OPENL2TP_ASSERT(is_new);
  if (++turn_ == 0) ++turn_; // a token is never 0
  position->second.turn = turn_;
  const openl2tp_ppp_token token = token_of(turn_, key);

  openl2tp_ppp_params params{};
  params.struct_size = sizeof params;
  params.flags = (session.lns ? OPENL2TP_PPP_LNS : 0u) | (session.outgoing ? OPENL2TP_PPP_OUTGOING : 0u);
  params.tunnel_id = session.tunnel.value;
  params.session_id = session.session.value;
  params.peer_tunnel_id = session.peer_tunnel.value;
  params.peer_session_id = session.peer_session.value;

  openl2tp_ppp* ppp = nullptr;
  const protocol::TimePoint since = steady_now();
  const openl2tp_status status = plugin->ops.ppp_open(&ppp, ppp_shard_, token, &params);
  call_took(*plugin, "ppp_open", since);
  if (status == OPENL2TP_OK) {
    sessions_.find(key)->second.ppp = ppp;
    ++counters_.opened;
    return {};
  }
  sessions_.erase(key); // its reports go with it
  ++counters_.refused;
  if (status > 0)
    rule_broken(*plugin->host,
                fmt::format("ppp_open for {} returned {}: a status is 0 or negative", subject(token), status));
  return tl::unexpected(status);
}

void PluginHost::close(protocol::TunnelId tunnel, protocol::SessionId session, std::uint16_t result_code) {
  const auto position = sessions_.find(key_of(tunnel, session));
  if (position == sessions_.end()) return;
  const Session closing = position->second;
  sessions_.erase(position); // before the call: the token is dead, whatever the plugin says from inside it
  close_session(closing, result_code);
}

void PluginHost::close_session(const Session& session, std::uint16_t result_code) {
  const Plugin& plugin = *plugins_.ppp_provider();
  const protocol::TimePoint since = steady_now();
  plugin.ops.ppp_close(session.ppp, result_code);
  call_took(plugin, "ppp_close", since);
  ++counters_.closed;
}

std::vector<PppEvent> PluginHost::take_events() {
  std::vector<PppEvent> out;
  out.reserve(events_.size());
  for (QueuedEvent& queued : events_)
    if (session_of(queued.token) != nullptr) out.push_back(std::move(queued.event));
  events_.clear();
  return out;
}

PluginHost::Session* PluginHost::session_of(openl2tp_ppp_token token) noexcept {
  const auto position = sessions_.find(static_cast<std::uint32_t>(token));
  return position != sessions_.end() && position->second.turn == token >> 32 ? &position->second : nullptr;
}

PluginHost::Found PluginHost::find(openl2tp_host& host, openl2tp_ppp_token token, const char* function) {
  if (hosts_here == nullptr) {
    const std::string line = fmt::format(
        "{} for {} called on a thread that is no shard: call it on the session's own shard", function, subject(token));
    host_services().log(&host, OPENL2TP_LOG_WARNING, line.data(), line.size());
    return {.fault = OPENL2TP_E_WRONG_THREAD};
  }
  for (PluginHost* owner = hosts_here; owner != nullptr; owner = owner->next_here_) {
    const Plugin* provider = owner->plugins_.ppp_provider();
    if (provider == nullptr || provider->host.get() != &host)
      continue; // another plugin's sessions are none of its business
    if (Session* session = owner->session_of(token)) return {owner, session, OPENL2TP_OK};
  }
  hosts_here->rule_broken(
      host, fmt::format("{} with unknown token 0x{:x}: a token is good from ppp_open to ppp_close, on its own shard",
                        function, token));
  return {.fault = OPENL2TP_E_UNKNOWN_TOKEN};
}

openl2tp_status PluginHost::report_up(openl2tp_host& host, openl2tp_ppp_token token) {
  const Found found = find(host, token, "ppp_up");
  if (found.session == nullptr) return found.fault;
  PluginHost& owner = *found.owner;
  if (found.session->down) {
    owner.rule_broken(
        host, fmt::format("ppp_up for {} after ppp_down: down is the last report of a session", subject(token)));
    return OPENL2TP_E_ANSWERED;
  }
  if (found.session->up) {
    owner.rule_broken(
        host, fmt::format("ppp_up for {} a second time: a session is reported up at most once", subject(token)));
    return OPENL2TP_E_ANSWERED;
  }
  found.session->up = true;
  ++owner.counters_.up;
  const auto key = static_cast<std::uint32_t>(token);
  owner.events_.push_back({token, {PppEvent::Kind::up, tunnel_of(key), session_id_of(key), {}}});
  return OPENL2TP_OK;
}

openl2tp_status PluginHost::report_down(openl2tp_host& host, openl2tp_ppp_token token, std::uint16_t result_code,
                                        std::string_view reason) {
  const Found found = find(host, token, "ppp_down");
  if (found.session == nullptr) return found.fault;
  PluginHost& owner = *found.owner;
  if (found.session->down) {
    owner.rule_broken(
        host, fmt::format("ppp_down for {} a second time: a session is reported down at most once", subject(token)));
    return OPENL2TP_E_ANSWERED;
  }
  if (result_code == 0) {
    owner.rule_broken(host, fmt::format("ppp_down for {} with result code 0: it must be one of RFC 2661 section 4.4.2",
                                        subject(token)));
    return OPENL2TP_E_INVALID;
  }
  found.session->down = true;
  ++owner.counters_.down;
  const auto key = static_cast<std::uint32_t>(token);
  owner.events_.push_back({token,
                           {PppEvent::Kind::down,
                            tunnel_of(key),
                            session_id_of(key),
                            {.result = result_code, .error = 0, .text = std::string(reason)}}});
  return OPENL2TP_OK;
}

void PluginHost::rule_broken(const openl2tp_host& host, std::string_view what) {
  ++counters_.rules_broken;
  const protocol::TimePoint now = steady_now();
  const bool passes = complaints_.take(now);
  if (const std::uint64_t refused = complaints_.take_report(now); refused != 0)
    log_.warning(fmt::format("plugin {}: {} further complaints held back", host.name, refused));
  if (passes) log_.warning(fmt::format("plugin {}: {}", host.name, what));
}

void PluginHost::call_took(const Plugin& plugin, const char* function, protocol::TimePoint since) {
  const protocol::Duration took = steady_now() - since;
  if (took < slow_call) return;
  ++counters_.slow_calls;
  if (complaints_.take(steady_now()))
    log_.warning(fmt::format("plugin {}: {} took {} ms: it must not block, every session of its shard waited",
                             plugin.name(), function, took.count()));
}

} // namespace openl2tp::runtime
