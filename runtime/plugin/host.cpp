// Calls into plugins: each is guarded, timed and kept account of. What plugins report is in host_reports.cpp.
#include "runtime/plugin/host.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "protocol/assert.hpp"
#include "runtime/plugin/door.hpp"

namespace openl2tp::runtime {

constinit thread_local PluginHost* PluginHost::hosts_here_ = nullptr;
constinit thread_local openl2tp_session_token PluginHost::closing_here_ = 0;

std::string PluginHost::subject(openl2tp_session_token token) {
  const SessionKey key = key_of(token);
  return fmt::format("tunnel {} session {}", key.tunnel.value, key.session.value);
}

PluginHost::PluginHost(const PluginSet& plugins, PluginShard& shard, std::uint32_t shard_index,
                       std::uint32_t shard_count)
    : plugins_(plugins), shard_(shard), shard_index_(shard_index), shard_count_(shard_count) {}

PluginHost::~PluginHost() { OPENL2TP_ASSERT(!started_); }

template <class Call>
std::invoke_result_t<Call&> PluginHost::call(const Plugin& plugin, const char* function, Call what) {
  using Answer = std::invoke_result_t<Call&>;
  const auto enter = [&](auto&& run) {
    const PluginPassage passage = enter_plugin(*plugin.host, function, PluginThread::shard, run);
    counters_.rules_broken += passage.threw ? 1 : 0;
    counters_.slow_calls += passage.slow ? 1 : 0;
  };
  if constexpr (std::is_void_v<Answer>) {
    enter(what);
  } else {
    Answer answer{OPENL2TP_E_FAILED};
    enter([&] { answer = what(); });
    return answer;
  }
}

tl::expected<void, std::string> PluginHost::start(const LoopOf& loop_of) {
  OPENL2TP_ASSERT(!started_);
  started_ = true;
  next_here_ = std::exchange(hosts_here_, this);
  for (const auto& plugin : plugins_.plugins()) {
    openl2tp_shard* made = nullptr;
    if (plugin->ops.shard_start != nullptr) {
      openl2tp_loop* loop = loop_of ? loop_of(*plugin) : nullptr;
      const openl2tp_status status = call(
          *plugin, "shard_start", [&] { return plugin->ops.shard_start(&made, loop, shard_index_, shard_count_); });
      if (status != OPENL2TP_OK) {
        stop();
        return tl::unexpected(fmt::format("plugin {}: shard_start failed with status {}", plugin->name(), status));
      }
    }
    instances_.push_back(made);
  }
  return {};
}

void PluginHost::close_all() {
  const auto open = std::exchange(sessions_, {});
  for (const auto& [ids, session] : open)
    close_session(std::uint64_t{session.turn} << 32 | ids, session, 0);
  const auto placed = std::exchange(bearers_, {});
  for (const auto& [ids, bearer] : placed)
    close_bearer(bearer, 0);
  events_.clear();
  waiting_.clear();
}

void PluginHost::stop() {
  if (!started_) return;
  close_all();
  while (!instances_.empty()) {
    const Plugin& plugin = *plugins_.plugins()[instances_.size() - 1];
    openl2tp_shard* instance = instances_.back();
    instances_.pop_back();
    if (plugin.ops.shard_stop != nullptr) call(plugin, "shard_stop", [&] { plugin.ops.shard_stop(instance); });
  }
  PluginHost** link = &hosts_here_;
  while (*link != nullptr && *link != this)
    link = &(*link)->next_here_;
  OPENL2TP_ASSERT(*link == this); // stopped by the thread that started it
  *link = std::exchange(next_here_, nullptr);
  started_ = false;
}

// A token is used again only for the same pair of ids and 2^32 sessions of the shard later.
std::uint32_t PluginHost::next_turn() noexcept {
  if (++turn_ == 0) ++turn_;
  return turn_;
}

openl2tp_shard* PluginHost::instance(const Plugin& plugin) const noexcept {
  return plugin.number < instances_.size() ? instances_[plugin.number] : nullptr;
}

// ---- PPP

const Plugin* PluginHost::choose(openl2tp_ppp_params& params, std::string_view profile) {
  if (!started_) return nullptr;
  params.session_fd = -1;
  for (const Plugin* provider : plugins_.ppp_providers(profile)) {
    params.data_path = provider->ppp->data_paths[0];
    if (provider->ppp->accept == nullptr) return provider;
    const openl2tp_status status =
        call(*provider, "accept", [&] { return provider->ppp->accept(instance(*provider), &params); });
    check_status(*provider, "accept", status);
    if (status != OPENL2TP_E_UNSUPPORTED) return provider;
  }
  return nullptr;
}

std::optional<std::uint32_t> PluginHost::wished_data_path(const Plugin& provider, const openl2tp_ppp_params& params) {
  const openl2tp_ppp_ops& ops = *provider.ppp;
  if (!started_ || ops.choose_data_path == nullptr) return std::nullopt;
  std::optional<std::uint32_t> path;
  call(provider, "choose_data_path", [&] { path = ops.choose_data_path(instance(provider), &params); });
  const std::span known(ops.data_paths, ops.data_path_count);
  if (!path || std::ranges::find(known, *path) != known.end()) return path;
  rule_broken(*provider.host,
              fmt::format("choose_data_path answered {}: it must be one of the plugin's own data paths", *path));
  return std::nullopt;
}

tl::expected<void, openl2tp_status> PluginHost::open(const SessionKey& key, const Plugin& provider,
                                                     const openl2tp_ppp_params& params) {
  if (!started_) return tl::unexpected(openl2tp_status{OPENL2TP_E_UNSUPPORTED});
  const auto [position, is_new] = sessions_.try_emplace(ids_of(key));
  OPENL2TP_ASSERT(is_new);
  position->second.turn = key.turn;
  position->second.provider = &provider;
  const openl2tp_session_token token = token_of(key);

  openl2tp_ppp* ppp = nullptr;
  const openl2tp_status status = call(provider, "open of openl2tp.ppp/1",
                                      [&] { return provider.ppp->open(&ppp, instance(provider), token, &params); });
  if (status == OPENL2TP_OK) {
    sessions_.find(ids_of(key))->second.ppp = ppp;
    ++counters_.opened;
    return {};
  }
  sessions_.erase(ids_of(key));
  // Nobody will close it, so what it reported from inside must not count either.
  forget_reports(key);
  ++counters_.refused;
  if (status > 0)
    rule_broken(*provider.host,
                fmt::format("open for {} returned {}: a status is 0 or negative", subject(token), status));
  return tl::unexpected(status);
}

void PluginHost::close(protocol::TunnelId tunnel, protocol::SessionId session, std::uint16_t result_code) {
  // Taken out before the call: the token is dead, whatever the plugin says from inside it.
  if (const auto open = sessions_.extract(ids_of(tunnel, session)))
    close_session(token_of({tunnel, session, open.mapped().turn}), open.mapped(), result_code);
  if (const auto placed = bearers_.extract(ids_of(tunnel, session))) close_bearer(placed.mapped(), result_code);
}

void PluginHost::close_session(openl2tp_session_token token, const Session& session, std::uint16_t result_code) {
  const auto before = std::exchange(closing_here_, token);
  call(*session.provider, "close of openl2tp.ppp/1", [&] { session.provider->ppp->close(session.ppp, result_code); });
  closing_here_ = before;
  ++counters_.closed;
}

void PluginHost::modify(const SessionKey& key, const openl2tp_ppp_params& params) {
  const Session* session = session_of(key);
  if (session == nullptr || session->provider->ppp->modify == nullptr) return;
  const Plugin& provider = *session->provider;
  const openl2tp_status status = call(provider, "modify", [&] { return provider.ppp->modify(session->ppp, &params); });
  check_status(provider, "modify", status); // what it cannot change, stays
}

std::optional<openl2tp_ppp_stats> PluginHost::stats(protocol::TunnelId tunnel, protocol::SessionId session) {
  constexpr std::uint32_t known = OPENL2TP_PPP_COUNTED_PACKETS | OPENL2TP_PPP_COUNTED_IDLE;
  const Session* found = session_of(tunnel, session);
  if (found == nullptr || found->provider->ppp->stats == nullptr) return std::nullopt;
  const Plugin& provider = *found->provider;
  openl2tp_ppp_stats counted{};
  counted.struct_size = sizeof counted;
  const openl2tp_status status = call(provider, "stats", [&] { return provider.ppp->stats(found->ppp, &counted); });
  check_status(provider, "stats", status);
  if (status != OPENL2TP_OK) return std::nullopt;
  if ((counted.given & ~known) != 0) {
    rule_broken(*provider.host, fmt::format("stats give 0x{:x}, this daemon knows 0x{:x}", counted.given, known));
    return std::nullopt;
  }
  return counted;
}

void PluginHost::tell_accm(protocol::TunnelId tunnel, protocol::SessionId session, const protocol::Accm& accm) {
  const Session* found = session_of(tunnel, session);
  if (found == nullptr || found->provider->ppp->accm == nullptr) return;
  call(*found->provider, "accm", [&] { found->provider->ppp->accm(found->ppp, accm.send, accm.receive); });
}

const PppFacts* PluginHost::facts(protocol::TunnelId tunnel, protocol::SessionId session) const {
  const Session* found = session_of(tunnel, session);
  return found == nullptr ? nullptr : found->facts.get();
}

bool PluginHost::ppp_is_up(protocol::TunnelId tunnel, protocol::SessionId session) const {
  const Session* found = session_of(tunnel, session);
  return found != nullptr && found->up && !found->down;
}

const Plugin* PluginHost::provider_of(protocol::TunnelId tunnel, protocol::SessionId session) const {
  const Session* found = session_of(tunnel, session);
  return found == nullptr ? nullptr : found->provider;
}

openl2tp_ppp* PluginHost::ppp_of(const SessionKey& key) const {
  const Session* found = session_of(key.tunnel, key.session);
  return found != nullptr && found->turn == key.turn ? found->ppp : nullptr;
}

void PluginHost::deliver(const Plugin& provider, std::span<const openl2tp_frame_in> frames) {
  counters_.frames_received += frames.size();
  call(provider, "frames", [&] { provider.ppp->frames(instance(provider), frames.data(), frames.size()); });
}

// ---- bearers

tl::expected<void, openl2tp_status> PluginHost::open_bearer(const SessionKey& key,
                                                            const openl2tp_bearer_params& params) {
  const Plugin* provider = plugins_.bearer_provider();
  if (provider == nullptr || !started_) return tl::unexpected(openl2tp_status{OPENL2TP_E_UNSUPPORTED});
  const auto [position, is_new] = bearers_.try_emplace(ids_of(key));
  OPENL2TP_ASSERT(is_new);
  position->second.turn = key.turn;
  openl2tp_bearer* bearer = nullptr;
  const openl2tp_status status = call(*provider, "open of openl2tp.bearer/1", [&] {
    return provider->bearer->open(&bearer, instance(*provider), token_of(key), &params);
  });
  if (status == OPENL2TP_OK) {
    bearers_.find(ids_of(key))->second.bearer = bearer;
    return {};
  }
  bearers_.erase(ids_of(key));
  forget_reports(key);
  if (status > 0)
    rule_broken(*provider->host, fmt::format("open of a bearer for {} returned {}: a status is 0 or negative",
                                             subject(token_of(key)), status));
  return tl::unexpected(status);
}

void PluginHost::close_bearer(const Bearer& bearer, std::uint16_t result_code) {
  const Plugin& provider = *plugins_.bearer_provider();
  call(provider, "close of openl2tp.bearer/1", [&] { provider.bearer->close(bearer.bearer, result_code); });
}

// ---- policies and observers

tl::expected<void, protocol::Refusal> PluginHost::verdict(const Plugin& plugin, const char* function,
                                                          openl2tp_status status, const openl2tp_refusal& refusal,
                                                          const protocol::Reason& standard) {
  if (status == OPENL2TP_OK) return {};
  protocol::Refusal result{protocol::RefusalCause::denied, standard};
  if (status == OPENL2TP_E_REFUSED) {
    if (refusal.result_code != 0) {
      result.reason.result = refusal.result_code;
      result.reason.error = refusal.error_code;
    }
    const std::size_t length = ::strnlen(refusal.message, sizeof refusal.message);
    if (length != 0) result.reason.text.assign(refusal.message, length);
  } else {
    rule_broken(*plugin.host, fmt::format("{} of openl2tp.policy/1 failed with status {}: what it judged is refused",
                                          function, status));
  }
  return tl::unexpected(std::move(result));
}

tl::expected<void, protocol::Refusal> PluginHost::judge(const openl2tp_tunnel_request& request) {
  for (const auto& plugin : plugins_.plugins()) {
    if (!plugin->policy || plugin->policy->tunnel == nullptr) continue;
    openl2tp_refusal refusal{};
    refusal.struct_size = sizeof refusal;
    const openl2tp_status status = call(*plugin, "tunnel of openl2tp.policy/1",
                                        [&] { return plugin->policy->tunnel(instance(*plugin), &request, &refusal); });
    auto judged =
        verdict(*plugin, "tunnel", status, refusal, protocol::make_reason(protocol::StopResult::not_authorised));
    if (!judged) return judged;
  }
  return {};
}

tl::expected<void, protocol::Refusal> PluginHost::judge(const openl2tp_session_request& request) {
  for (const auto& plugin : plugins_.plugins()) {
    if (!plugin->policy || plugin->policy->session == nullptr) continue;
    openl2tp_refusal refusal{};
    refusal.struct_size = sizeof refusal;
    const openl2tp_status status = call(*plugin, "session of openl2tp.policy/1",
                                        [&] { return plugin->policy->session(instance(*plugin), &request, &refusal); });
    auto judged =
        verdict(*plugin, "session", status, refusal, protocol::make_reason(protocol::CdnResult::administrative));
    if (!judged) return judged;
  }
  return {};
}

void PluginHost::observe(std::uint32_t event, const openl2tp_tunnel_facts& facts) {
  if (!started_) return;
  for (const auto& plugin : plugins_.plugins()) {
    if (!plugin->observer || plugin->observer->tunnel == nullptr) continue;
    call(*plugin, "tunnel of openl2tp.observer/1", [&] { plugin->observer->tunnel(instance(*plugin), event, &facts); });
  }
}

void PluginHost::observe(std::uint32_t event, const openl2tp_session_facts& facts) {
  if (!started_) return;
  for (const auto& plugin : plugins_.plugins()) {
    if (!plugin->observer || plugin->observer->session == nullptr) continue;
    call(*plugin, "session of openl2tp.observer/1",
         [&] { plugin->observer->session(instance(*plugin), event, &facts); });
  }
}

void PluginHost::observe(std::uint32_t event, const openl2tp_peer_facts& facts) {
  if (!started_) return;
  for (const auto& plugin : plugins_.plugins()) {
    if (!plugin->observer || plugin->observer->peer == nullptr) continue;
    call(*plugin, "peer of openl2tp.observer/1", [&] { plugin->observer->peer(instance(*plugin), event, &facts); });
  }
}

// ---- vendor AVPs

bool PluginHost::understands_avp(const Plugin& plugin, std::uint16_t attribute) {
  // What a plugin that threw would have answered is no: the message is refused.
  return call(plugin, "understands", [&] {
           return plugin.vendor_avp->understands(attribute) != 0 ? openl2tp_status{1} : openl2tp_status{OPENL2TP_OK};
         }) == 1;
}

void PluginHost::read_avps(const Plugin& plugin, const openl2tp_message_facts& message,
                           std::span<const openl2tp_avp_in> avps) {
  if (!started_) return;
  call(plugin, "read of openl2tp.vendor-avp/1",
       [&] { plugin.vendor_avp->read(instance(plugin), &message, avps.data(), avps.size()); });
}

void PluginHost::add_avps(const Plugin& plugin, const openl2tp_message_facts& message, openl2tp_avp_writer& writer) {
  if (!started_) return;
  call(plugin, "add of openl2tp.vendor-avp/1", [&] { plugin.vendor_avp->add(instance(plugin), &message, &writer); });
}

void PluginHost::check_status(const Plugin& plugin, const char* function, openl2tp_status status) {
  if (status > 0) rule_broken(*plugin.host, fmt::format("{} returned {}: a status is 0 or negative", function, status));
}

void PluginHost::rule_broken(openl2tp_host& host, std::string_view what) {
  ++counters_.rules_broken;
  host.complain(what);
}

} // namespace openl2tp::runtime
