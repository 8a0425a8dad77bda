#include "runtime/plugin/host.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "protocol/assert.hpp"
#include "runtime/plugin/crash_note.hpp"
#include "runtime/plugin/host_services.hpp"

namespace openl2tp::runtime {

namespace {

// The hosts that were started by this thread. A [shard] function of the plugin called on another thread finds none, or
// none that knows the token, without touching anything that two threads share.
thread_local PluginHost* hosts_here = nullptr;
// The session whose close of this thread's hosts is being called; 0: none.
thread_local openl2tp_session_token closing_here = 0;

constexpr protocol::Duration slow_call{100};
constexpr std::size_t interface_octets_max = 63, user_octets_max = 255, method_octets_max = 31;

constexpr std::uint32_t ids_of(protocol::TunnelId tunnel, protocol::SessionId session) {
  return std::uint32_t{tunnel.value} << 16 | session.value;
}
constexpr std::uint32_t ids_of(const SessionKey& key) { return ids_of(key.tunnel, key.session); }

std::string subject(openl2tp_session_token token) {
  const SessionKey key = key_of(token);
  return fmt::format("tunnel {} session {}", key.tunnel.value, key.session.value);
}

} // namespace

struct PluginHost::Found {
  PluginHost* owner = nullptr;
  Session* session = nullptr;
  openl2tp_status fault = OPENL2TP_OK;
};

struct PluginHost::FoundBearer {
  PluginHost* owner = nullptr;
  Bearer* bearer = nullptr;
  openl2tp_status fault = OPENL2TP_OK;
};

PluginHost::PluginHost(const PluginSet& plugins, Log& log, PluginShard& shard, std::uint32_t shard_index,
                       std::uint32_t shard_count)
    : plugins_(plugins), log_(log), shard_(shard), shard_index_(shard_index), shard_count_(shard_count) {}

PluginHost::~PluginHost() { OPENL2TP_ASSERT(!started_); }

template <class Call>
std::invoke_result_t<Call&> PluginHost::call(const Plugin& plugin, const char* function, Call what) {
  using Answer = std::invoke_result_t<Call&>;
  const InsidePlugin inside(plugin.ops.name, function);
  const protocol::TimePoint since = steady_now();
  try {
    if constexpr (std::is_void_v<Answer>) {
      what();
      call_took(plugin, function, since);
      return;
    } else {
      const Answer answer = what();
      call_took(plugin, function, since);
      return answer;
    }
  } catch (...) {
    rule_broken(*plugin.host, fmt::format("{} threw an exception: nothing may throw through the interface", function));
    if constexpr (!std::is_void_v<Answer>) return Answer{OPENL2TP_E_FAILED};
  }
}

tl::expected<void, std::string> PluginHost::start(const LoopOf& loop_of) {
  OPENL2TP_ASSERT(!started_);
  started_ = true;
  next_here_ = std::exchange(hosts_here, this);
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
  PluginHost** link = &hosts_here;
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
    if (status != OPENL2TP_E_UNSUPPORTED) return provider;
  }
  return nullptr;
}

std::optional<std::uint32_t> PluginHost::wished_data_path(const Plugin& provider, const openl2tp_ppp_params& params) {
  const openl2tp_ppp_ops& ops = *provider.ppp;
  if (!started_ || ops.choose_data_path == nullptr) return std::nullopt;
  std::uint32_t path = 0;
  call(provider, "choose_data_path", [&] { path = ops.choose_data_path(instance(provider), &params); });
  const std::span known(ops.data_paths, ops.data_path_count);
  return std::ranges::find(known, path) == known.end() ? std::nullopt : std::optional(path);
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
  std::erase_if(events_, [&key](const PluginEvent& event) { return event.key == key; });
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
  const auto before = std::exchange(closing_here, token);
  call(*session.provider, "close of openl2tp.ppp/1", [&] { session.provider->ppp->close(session.ppp, result_code); });
  closing_here = before;
  ++counters_.closed;
}

void PluginHost::modify(const SessionKey& key, const openl2tp_ppp_params& params) {
  const Session* session = session_of(key);
  if (session == nullptr || session->provider->ppp->modify == nullptr) return;
  static_cast<void>(call(*session->provider, "modify", [&] {
    return session->provider->ppp->modify(session->ppp, &params);
  })); // what it cannot change, stays
}

std::optional<openl2tp_ppp_stats> PluginHost::stats(protocol::TunnelId tunnel, protocol::SessionId session) {
  const Session* found = session_of(tunnel, session);
  if (found == nullptr || found->provider->ppp->stats == nullptr) return std::nullopt;
  openl2tp_ppp_stats counted{};
  counted.struct_size = sizeof counted;
  const openl2tp_status status =
      call(*found->provider, "stats", [&] { return found->provider->ppp->stats(found->ppp, &counted); });
  if (status != OPENL2TP_OK) return std::nullopt;
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
  std::erase_if(events_, [&key](const PluginEvent& event) { return event.key == key; });
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

// ---- reports

std::vector<PluginEvent> PluginHost::take_events() {
  std::vector<PluginEvent> out = std::exchange(events_, {});
  std::erase_if(out, [this](const PluginEvent& event) { return !shard_.has_session(event.key); });
  return out;
}

PluginHost::Session* PluginHost::session_of(const SessionKey& key) noexcept {
  const auto position = sessions_.find(ids_of(key));
  return position != sessions_.end() && position->second.turn == key.turn ? &position->second : nullptr;
}

const PluginHost::Session* PluginHost::session_of(protocol::TunnelId tunnel,
                                                  protocol::SessionId session) const noexcept {
  const auto position = sessions_.find(ids_of(tunnel, session));
  return position != sessions_.end() ? &position->second : nullptr;
}

// The started host of this thread that knows the token, by `known`; else null and why in `fault`, which the log has
// too.
template <class Known>
PluginHost* PluginHost::find_host(openl2tp_host& host, openl2tp_session_token token, const char* function,
                                  openl2tp_status& fault, Known known) {
  if (hosts_here == nullptr) {
    const std::string line = fmt::format(
        "{} for {} called on a thread that is no shard: call it on the session's own shard", function, subject(token));
    host_services().log(&host, OPENL2TP_LOG_WARNING, line.data(), line.size());
    fault = OPENL2TP_E_WRONG_THREAD;
    return nullptr;
  }
  for (PluginHost* owner = hosts_here; owner != nullptr; owner = owner->next_here_)
    if (known(*owner)) return owner;
  hosts_here->rule_broken(
      host, fmt::format("{} with unknown token 0x{:x}: a token is good from open to close, on its own shard", function,
                        token));
  fault = OPENL2TP_E_UNKNOWN_TOKEN;
  return nullptr;
}

PluginHost::Found PluginHost::find(openl2tp_host& host, openl2tp_session_token token, const char* function) {
  Found found;
  found.owner = find_host(host, token, function, found.fault, [&](PluginHost& owner) {
    Session* session = owner.session_of(key_of(token));
    // Another plugin's sessions are none of its business.
    if (session == nullptr || session->provider->host.get() != &host) return false;
    found.session = session;
    return true;
  });
  return found;
}

PluginHost::FoundBearer PluginHost::find_bearer(openl2tp_host& host, openl2tp_session_token token,
                                                const char* function) {
  FoundBearer found;
  found.owner = find_host(host, token, function, found.fault, [&](PluginHost& owner) {
    const Plugin* provider = owner.plugins_.bearer_provider();
    if (provider == nullptr || provider->host.get() != &host) return false;
    const auto position = owner.bearers_.find(ids_of(key_of(token)));
    if (position == owner.bearers_.end() || position->second.turn != key_of(token).turn) return false;
    found.bearer = &position->second;
    return true;
  });
  return found;
}

bool PluginHost::take_facts(const openl2tp_host& host, Session& session, openl2tp_session_token token,
                            const openl2tp_ppp_facts* facts) {
  if (facts == nullptr) return true;
  constexpr std::size_t size_min = offsetof(openl2tp_ppp_facts, reserved) + sizeof(std::uint32_t);
  if (facts->struct_size < size_min) {
    rule_broken(host, fmt::format("facts of {} have {} octets, at least {} are needed", subject(token),
                                  facts->struct_size, size_min));
    return false;
  }
  openl2tp_ppp_facts ours{};
  std::memcpy(&ours, facts, std::min<std::size_t>(facts->struct_size, sizeof ours));
  constexpr std::uint32_t known = OPENL2TP_PPP_KNOWN_INTERFACE | OPENL2TP_PPP_KNOWN_UNIT | OPENL2TP_PPP_KNOWN_USER |
                                  OPENL2TP_PPP_KNOWN_IPV4 | OPENL2TP_PPP_KNOWN_IPV6 | OPENL2TP_PPP_KNOWN_AUTH |
                                  OPENL2TP_PPP_KNOWN_MTU | OPENL2TP_PPP_KNOWN_PROCESS | OPENL2TP_PPP_KNOWN_PHASE;
  if ((ours.given & ~known) != 0) {
    rule_broken(host,
                fmt::format("facts of {} give 0x{:x}, this daemon knows 0x{:x}", subject(token), ours.given, known));
    return false;
  }
  if ((ours.given & OPENL2TP_PPP_KNOWN_PHASE) != 0 &&
      (ours.phase < OPENL2TP_PPP_PHASE_LCP || ours.phase > OPENL2TP_PPP_PHASE_TERMINATING)) {
    rule_broken(host, fmt::format("facts of {} give phase {}, {} to {} are known", subject(token), ours.phase,
                                  OPENL2TP_PPP_PHASE_LCP, OPENL2TP_PPP_PHASE_TERMINATING));
    return false;
  }
  if (!session.facts) session.facts = std::make_unique<PppFacts>();
  PppFacts& kept = *session.facts;
  const auto text = [](std::string& into, const char* from, std::size_t length, std::size_t most) {
    into = from == nullptr ? std::string{} : std::string(from, std::min(length, most));
  };
  if (ours.given & OPENL2TP_PPP_KNOWN_INTERFACE)
    text(kept.interface_name, ours.interface_name, ours.interface_name_length, interface_octets_max);
  if (ours.given & OPENL2TP_PPP_KNOWN_USER)
    text(kept.user_name, ours.user_name, ours.user_name_length, user_octets_max);
  if (ours.given & OPENL2TP_PPP_KNOWN_AUTH)
    text(kept.auth_method, ours.auth_method, ours.auth_method_length, method_octets_max);
  if (ours.given & OPENL2TP_PPP_KNOWN_UNIT) kept.unit = ours.unit;
  if (ours.given & OPENL2TP_PPP_KNOWN_PROCESS) kept.process = ours.process;
  if (ours.given & OPENL2TP_PPP_KNOWN_IPV4) {
    kept.local_ipv4 = std::to_array(ours.local_ipv4);
    kept.peer_ipv4 = std::to_array(ours.peer_ipv4);
  }
  if (ours.given & OPENL2TP_PPP_KNOWN_IPV6) {
    kept.local_ipv6 = std::to_array(ours.local_ipv6);
    kept.peer_ipv6 = std::to_array(ours.peer_ipv6);
  }
  if (ours.given & OPENL2TP_PPP_KNOWN_MTU) {
    kept.mtu = ours.mtu;
    kept.mru = ours.mru;
  }
  if (ours.given & OPENL2TP_PPP_KNOWN_PHASE) kept.phase = ours.phase;
  return true;
}

openl2tp_status PluginHost::report_up(openl2tp_host& host, openl2tp_session_token token,
                                      const openl2tp_ppp_facts* facts) {
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
  if (!owner.take_facts(host, *found.session, token, facts)) return OPENL2TP_E_INVALID;
  found.session->up = true;
  if (found.session->facts && (facts == nullptr || (facts->given & OPENL2TP_PPP_KNOWN_PHASE) == 0))
    found.session->facts->phase = OPENL2TP_PPP_PHASE_UP;
  ++owner.counters_.up;
  owner.events_.push_back({.kind = PluginEvent::Kind::ppp_up, .key = key_of(token), .reason = {}, .accm = {}});
  return OPENL2TP_OK;
}

openl2tp_status PluginHost::report_facts(openl2tp_host& host, openl2tp_session_token token,
                                         const openl2tp_ppp_facts* facts) {
  const Found found = find(host, token, "ppp_update");
  if (found.session == nullptr) return found.fault;
  if (facts == nullptr) return OPENL2TP_E_INVALID;
  if (!found.owner->take_facts(host, *found.session, token, facts)) return OPENL2TP_E_INVALID;
  if (facts->given == OPENL2TP_PPP_KNOWN_PHASE) return OPENL2TP_OK; // it is there for whoever looks
  const PluginEvent event{.kind = PluginEvent::Kind::ppp_facts, .key = key_of(token), .reason = {}, .accm = {}};
  // However often a plugin tells, one event of a session waits: it is only that there is news.
  auto& waiting = found.owner->events_;
  if (waiting.empty() || waiting.back().kind != event.kind || waiting.back().key != event.key) waiting.push_back(event);
  return OPENL2TP_OK;
}

openl2tp_status PluginHost::report_down(openl2tp_host& host, openl2tp_session_token token, protocol::Reason reason) {
  const Found found = find(host, token, "ppp_down");
  if (found.session == nullptr) return found.fault;
  PluginHost& owner = *found.owner;
  if (found.session->down) {
    owner.rule_broken(
        host, fmt::format("ppp_down for {} a second time: a session is reported down at most once", subject(token)));
    return OPENL2TP_E_ANSWERED;
  }
  if (reason.result == 0) {
    owner.rule_broken(host, fmt::format("ppp_down for {} with result code 0: it must be one of RFC 2661 section 4.4.2",
                                        subject(token)));
    return OPENL2TP_E_INVALID;
  }
  found.session->down = true;
  ++owner.counters_.down;
  owner.events_.push_back(
      {.kind = PluginEvent::Kind::ppp_down, .key = key_of(token), .reason = std::move(reason), .accm = {}});
  return OPENL2TP_OK;
}

openl2tp_status PluginHost::report_accm(openl2tp_host& host, openl2tp_session_token token, const protocol::Accm& accm) {
  const Found found = find(host, token, "ppp_accm");
  if (found.session == nullptr) return found.fault;
  auto& waiting = found.owner->events_;
  if (!waiting.empty() && waiting.back().kind == PluginEvent::Kind::ppp_accm && waiting.back().key == key_of(token))
    waiting.back().accm = accm; // the newest counts
  else
    waiting.push_back({.kind = PluginEvent::Kind::ppp_accm, .key = key_of(token), .reason = {}, .accm = accm});
  return OPENL2TP_OK;
}

std::size_t PluginHost::send(openl2tp_host& host, std::span<const openl2tp_frame_out> frames) {
  constexpr std::uint32_t length_max = 65'000;
  std::size_t sent = 0;
  for (const openl2tp_frame_out& frame : frames) {
    if (frame.token == closing_here) break; // a goodbye is no broken rule; but the peer knows, and its path is gone
    const Found found = find(host, frame.token, "ppp_send");
    if (found.session == nullptr) break;
    PluginHost& owner = *found.owner;
    if (frame.length == 0 || frame.length > length_max || (frame.flags & ~OPENL2TP_FRAME_PRIORITY) != 0) {
      owner.rule_broken(host, fmt::format("ppp_send for {} of {} octets with flags 0x{:x}: 1 to {} octets and flags "
                                          "0x{:x} are allowed",
                                          subject(frame.token), frame.length, frame.flags, length_max,
                                          OPENL2TP_FRAME_PRIORITY));
      break;
    }
    const auto octets = std::as_bytes(std::span(frame.octets, frame.length));
    if (!owner.shard_.send_frame(key_of(frame.token), octets, (frame.flags & OPENL2TP_FRAME_PRIORITY) != 0)) {
      owner.counters_.frames_send_lost += frames.size() - sent;
      break;
    }
    ++owner.counters_.frames_sent;
    ++sent;
  }
  return sent;
}

std::uint32_t PluginHost::trace_mask(openl2tp_host& host, openl2tp_session_token token) {
  openl2tp_status fault = OPENL2TP_OK;
  const PluginHost* owner = find_host(host, token, "session_trace_mask", fault,
                                      [&](const PluginHost& one) { return one.shard_.has_session(key_of(token)); });
  return owner == nullptr ? 0 : owner->shard_.trace_mask(key_of(token));
}

void PluginHost::trace(openl2tp_host& host, openl2tp_session_token token, std::uint32_t category,
                       std::string_view line) {
  openl2tp_status fault = OPENL2TP_OK;
  PluginHost* owner = find_host(host, token, "session_trace", fault,
                                [&](const PluginHost& one) { return one.shard_.has_session(key_of(token)); });
  if (owner == nullptr || (owner->shard_.trace_mask(key_of(token)) & category) == 0) return;
  owner->shard_.trace(key_of(token), category, fmt::format("{}: {}", host.name, line));
}

openl2tp_status PluginHost::ask_close(openl2tp_host& host, openl2tp_session_token token, protocol::Reason reason) {
  openl2tp_status fault = OPENL2TP_OK;
  PluginHost* owner = find_host(host, token, "session_close", fault,
                                [&](const PluginHost& one) { return one.shard_.has_session(key_of(token)); });
  if (owner == nullptr) return fault;
  if (reason.result == 0) {
    owner->rule_broken(host, fmt::format("session_close for {} with result code 0: it must be one of RFC 2661 section "
                                         "4.4.2",
                                         subject(token)));
    return OPENL2TP_E_INVALID;
  }
  owner->events_.push_back(
      {.kind = PluginEvent::Kind::close, .key = key_of(token), .reason = std::move(reason), .accm = {}});
  return OPENL2TP_OK;
}

openl2tp_status PluginHost::report_bearer_up(openl2tp_host& host, openl2tp_session_token token, std::uint32_t tx_bps,
                                             std::uint32_t rx_bps) {
  const FoundBearer found = find_bearer(host, token, "bearer_up");
  if (found.bearer == nullptr) return found.fault;
  if (found.bearer->answered || found.bearer->failed) {
    found.owner->rule_broken(
        host, fmt::format("bearer_up for {} after an answer: a bearer is answered once", subject(token)));
    return OPENL2TP_E_ANSWERED;
  }
  found.bearer->answered = true;
  found.owner->events_.push_back({.kind = PluginEvent::Kind::bearer_up,
                                  .key = key_of(token),
                                  .reason = {},
                                  .accm = {},
                                  .tx_bps = tx_bps,
                                  .rx_bps = rx_bps});
  return OPENL2TP_OK;
}

openl2tp_status PluginHost::report_bearer_failed(openl2tp_host& host, openl2tp_session_token token,
                                                 protocol::Reason reason) {
  const FoundBearer found = find_bearer(host, token, "bearer_failed");
  if (found.bearer == nullptr) return found.fault;
  if (found.bearer->failed) {
    found.owner->rule_broken(host, fmt::format("bearer_failed for {} a second time", subject(token)));
    return OPENL2TP_E_ANSWERED;
  }
  if (reason.result == 0) {
    found.owner->rule_broken(host, fmt::format("bearer_failed for {} with result code 0: it must be one of RFC 2661 "
                                               "section 4.4.2",
                                               subject(token)));
    return OPENL2TP_E_INVALID;
  }
  found.bearer->failed = true;
  found.owner->events_.push_back(
      {.kind = PluginEvent::Kind::bearer_failed, .key = key_of(token), .reason = std::move(reason), .accm = {}});
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
