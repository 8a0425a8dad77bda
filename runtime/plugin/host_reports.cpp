// What plugins report through the host's table, judged against what is open; the shard takes it from take_events() when
// the plugin has returned. Calls into plugins are in host.cpp.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "runtime/plugin/host.hpp"
#include "runtime/plugin/host_services.hpp"

namespace openl2tp::runtime {

namespace {

constexpr std::size_t interface_octets_max = 63, user_octets_max = 255, method_octets_max = 31;

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

void PluginHost::take_report(PluginEvent event) {
  Waiting& waiting = waiting_[token_of(event.key)];
  if (event.kind == PluginEvent::Kind::ppp_accm) waiting.accm = event.accm;
  const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(event.kind));
  if ((waiting.kinds & bit) != 0) {
    ++counters_.reports_merged;
    return;
  }
  waiting.kinds |= bit;
  events_.push_back(std::move(event));
}

void PluginHost::forget_reports(const SessionKey& key) {
  if (waiting_.erase(token_of(key)) == 0) return;
  std::erase_if(events_, [&key](const PluginEvent& event) { return event.key == key; });
}

std::vector<PluginEvent> PluginHost::take_events() {
  std::vector<PluginEvent> out = std::exchange(events_, {});
  for (PluginEvent& event : out)
    if (event.kind == PluginEvent::Kind::ppp_accm) event.accm = waiting_[token_of(event.key)].accm;
  waiting_.clear();
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
  if (hosts_here_ == nullptr) {
    host.complain(fmt::format("{} for {} called on a thread that is no shard: call it on the session's own shard",
                              function, subject(token)));
    fault = OPENL2TP_E_WRONG_THREAD;
    return nullptr;
  }
  for (PluginHost* owner = hosts_here_; owner != nullptr; owner = owner->next_here_)
    if (known(*owner)) return owner;
  hosts_here_->rule_broken(
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

bool PluginHost::take_facts(openl2tp_host& host, Session& session, openl2tp_session_token token,
                            const openl2tp_ppp_facts* facts) {
  if (facts == nullptr) return true;
  const auto refuse = [&](std::string_view why) {
    rule_broken(host, fmt::format("facts of {} {}", subject(token), why));
    return false;
  };
  constexpr std::size_t size_min = offsetof(openl2tp_ppp_facts, reserved) + sizeof(std::uint32_t);
  if (facts->struct_size < size_min)
    return refuse(fmt::format("have {} octets, at least {} are needed", facts->struct_size, size_min));
  openl2tp_ppp_facts ours{};
  std::memcpy(&ours, facts, std::min<std::size_t>(facts->struct_size, sizeof ours));
  constexpr std::uint32_t known = OPENL2TP_PPP_KNOWN_INTERFACE | OPENL2TP_PPP_KNOWN_UNIT | OPENL2TP_PPP_KNOWN_USER |
                                  OPENL2TP_PPP_KNOWN_IPV4 | OPENL2TP_PPP_KNOWN_IPV6 | OPENL2TP_PPP_KNOWN_AUTH |
                                  OPENL2TP_PPP_KNOWN_MTU | OPENL2TP_PPP_KNOWN_PROCESS | OPENL2TP_PPP_KNOWN_PHASE;
  if ((ours.given & ~known) != 0)
    return refuse(fmt::format("give 0x{:x}, this daemon knows 0x{:x}", ours.given, known));
  if (ours.reserved != 0 || ours.reserved_1 != 0) return refuse("have a reserved member that is not zero");
  if ((ours.given & OPENL2TP_PPP_KNOWN_PHASE) != 0 &&
      (ours.phase < OPENL2TP_PPP_PHASE_LCP || ours.phase > OPENL2TP_PPP_PHASE_TERMINATING))
    return refuse(fmt::format("give phase {}, {} to {} are known", ours.phase, OPENL2TP_PPP_PHASE_LCP,
                              OPENL2TP_PPP_PHASE_TERMINATING));
  const auto unreadable = [&ours](std::uint32_t bit, const char* from, std::size_t length) {
    return (ours.given & bit) != 0 && from == nullptr && length != 0;
  };
  if (unreadable(OPENL2TP_PPP_KNOWN_INTERFACE, ours.interface_name, ours.interface_name_length) ||
      unreadable(OPENL2TP_PPP_KNOWN_USER, ours.user_name, ours.user_name_length) ||
      unreadable(OPENL2TP_PPP_KNOWN_AUTH, ours.auth_method, ours.auth_method_length))
    return refuse("have a NULL text with a length");
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
  owner.take_report({.kind = PluginEvent::Kind::ppp_up, .key = key_of(token), .reason = {}, .accm = {}});
  return OPENL2TP_OK;
}

openl2tp_status PluginHost::report_facts(openl2tp_host& host, openl2tp_session_token token,
                                         const openl2tp_ppp_facts* facts) {
  const Found found = find(host, token, "ppp_update");
  if (found.session == nullptr) return found.fault;
  if (facts == nullptr) {
    found.owner->rule_broken(host, fmt::format("ppp_update for {} without facts", subject(token)));
    return OPENL2TP_E_INVALID;
  }
  if (!found.owner->take_facts(host, *found.session, token, facts)) return OPENL2TP_E_INVALID;
  if (facts->given == OPENL2TP_PPP_KNOWN_PHASE) return OPENL2TP_OK; // it is there for whoever looks
  found.owner->take_report({.kind = PluginEvent::Kind::ppp_facts, .key = key_of(token), .reason = {}, .accm = {}});
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
  owner.take_report(
      {.kind = PluginEvent::Kind::ppp_down, .key = key_of(token), .reason = std::move(reason), .accm = {}});
  return OPENL2TP_OK;
}

openl2tp_status PluginHost::report_accm(openl2tp_host& host, openl2tp_session_token token, const protocol::Accm& accm) {
  const Found found = find(host, token, "ppp_accm");
  if (found.session == nullptr) return found.fault;
  found.owner->take_report({.kind = PluginEvent::Kind::ppp_accm, .key = key_of(token), .reason = {}, .accm = accm});
  return OPENL2TP_OK;
}

std::size_t PluginHost::send(openl2tp_host& host, std::span<const openl2tp_frame_out> frames) {
  constexpr std::uint32_t length_max = 65'000;
  std::size_t sent = 0;
  for (const openl2tp_frame_out& frame : frames) {
    if (frame.token == closing_here_) break; // a goodbye is no broken rule; but the peer knows, and its path is gone
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
    if (frame.octets == nullptr) {
      owner.rule_broken(host, fmt::format("ppp_send for {} of {} octets at NULL", subject(frame.token), frame.length));
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
  if (owner == nullptr) return;
  constexpr std::uint32_t known = 0x7ff; // OPENL2TP_TRACE_*
  if (!std::has_single_bit(category) || (category & ~known) != 0)
    return owner->rule_broken(host, fmt::format("session_trace for {} of category 0x{:x}: it must be one of 0x{:x}",
                                                subject(token), category, known));
  if ((owner->shard_.trace_mask(key_of(token)) & category) == 0) return;
  owner->shard_.trace(key_of(token), category, fmt::format("{}: {}", host.name(), line));
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
  owner->take_report({.kind = PluginEvent::Kind::close, .key = key_of(token), .reason = std::move(reason), .accm = {}});
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
  found.owner->take_report({.kind = PluginEvent::Kind::bearer_up,
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
  found.owner->take_report(
      {.kind = PluginEvent::Kind::bearer_failed, .key = key_of(token), .reason = std::move(reason), .accm = {}});
  return OPENL2TP_OK;
}

} // namespace openl2tp::runtime
