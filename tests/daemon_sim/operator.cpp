#include "tests/daemon_sim/operator.hpp"

#include "runtime/profiles/profile_store.hpp"

namespace openl2tp::daemon_sim {

using runtime::SessionName;
using runtime::SessionParameters;
using runtime::TunnelParameters;

namespace {

constexpr auto nobody = protocol::IpAddress::v4(10, 9, 9, 9);
constexpr unsigned users = 6;            // user0 to user5 of the secrets file
constexpr std::size_t tunnels_max = 8;   // that it lets be
constexpr std::size_t sessions_max = 12; // of a tunnel

runtime::TunnelName by_id(std::uint16_t id) { return {.id = id, .name = {}}; }

} // namespace

std::uint16_t Operator::any_tunnel(Control& control) {
  const auto ids = control.tunnel_list();
  if (!ids || ids->empty()) return static_cast<std::uint16_t>(dice_.below(65536));
  return (*ids)[dice_.below(ids->size())];
}

std::optional<SessionName> Operator::any_session(Control& control) {
  const std::uint16_t tunnel = any_tunnel(control);
  const auto ids = control.session_list(by_id(tunnel));
  if (!ids || ids->empty()) return std::nullopt;
  return SessionName{.tunnel = by_id(tunnel), .id = (*ids)[dice_.below(ids->size())], .name = {}};
}

void Operator::create_tunnel(Control& control) {
  TunnelParameters wanted;
  wanted.peer_addr = lns_[dice_.below(lns_.size())];
  if (dice_.chance(100)) wanted.peer_addr = nobody;
  if (dice_.chance(300)) wanted.tunnel_name = "t" + std::to_string(next_name_++);
  if (dice_.chance(300)) wanted.persist = true;
  if (dice_.chance(300)) wanted.our_udp_port = static_cast<std::uint16_t>(dice_.chance(500) ? 0 : 1750);
  if (dice_.chance(500)) wanted.retries_max = dice_.between(1, 3);
  if (dice_.chance(500)) wanted.retry_timeout_s = 1;
  if (dice_.chance(300)) wanted.hello_timeout_s = dice_.between(1, 5);
  if (dice_.chance(100)) wanted.idle_timeout_s = dice_.between(1, 5);
  static_cast<void>(control.tunnel_create(wanted));
}

void Operator::create_kept(SimDaemon& daemon) {
  if (kept_.size() >= 3) return;
  const unsigned number = next_name_++;
  Kept made{.daemon = &daemon,
            .tunnel = "kept" + std::to_string(number),
            .session = "call" + std::to_string(number),
            .port = static_cast<std::uint16_t>(20'000 + number)};
  TunnelParameters wanted;
  wanted.peer_addr = nobody;
  wanted.tunnel_name = made.tunnel;
  wanted.persist = true;
  wanted.our_udp_port = made.port;
  wanted.retries_max = 1;
  wanted.retry_timeout_s = 1;
  const auto tunnel = daemon.control().tunnel_create(wanted);
  if (!tunnel) return;
  SessionParameters call;
  call.session_name = made.session;
  if (!daemon.control().session_create(by_id(*tunnel), call)) made.session.clear();
  kept_.push_back(std::move(made));
}

std::optional<std::string> Operator::find_lost(SimDaemon& daemon) {
  for (const Kept& one : kept_) {
    if (one.daemon != &daemon) continue;
    const runtime::TunnelName name{.id = 0, .name = one.tunnel};
    const auto report = daemon.control().tunnel_get(name);
    if (!report) return "tunnel " + one.tunnel + " was made and is not shown";
    if (report->supplied.our_udp_port != one.port || report->config.our_udp_port != one.port)
      return "tunnel " + one.tunnel + " is not shown with its port";
    if (one.session.empty()) continue;
    const auto call = daemon.control().session_get({.tunnel = name, .id = 0, .name = one.session});
    if (!call) return "session " + one.session + " of tunnel " + one.tunnel + " was made and is not shown";
    const auto list = daemon.control().session_list(name);
    if (!list || list->empty()) return "session " + one.session + " of tunnel " + one.tunnel + " is not listed";
  }
  return std::nullopt;
}

// What is deleted need not be kept.
void Operator::delete_tunnel(Control& control, std::uint16_t tunnel) {
  if (const auto report = control.tunnel_get(by_id(tunnel)); report && report->config.tunnel_name)
    std::erase_if(kept_, [&](const Kept& one) { return one.tunnel == *report->config.tunnel_name; });
  static_cast<void>(control.tunnel_delete(by_id(tunnel), "operator"));
}

void Operator::delete_session(Control& control, const SessionName& session) {
  if (const auto report = control.session_get(session); report && report->config.session_name)
    for (Kept& one : kept_)
      if (one.session == *report->config.session_name) one.session.clear();
  static_cast<void>(control.session_delete(session, "operator"));
}

void Operator::create_session(Control& control, std::uint16_t tunnel, unsigned user) {
  SessionParameters wanted;
  wanted.user_name = "user" + std::to_string(user);
  wanted.user_password = dice_.chance(900) ? "word" : "wrong";
  if (dice_.chance(200)) wanted.session_name = "s" + std::to_string(next_name_++);
  if (dice_.chance(150)) wanted.ppp_profile_name = "moody";
  if (dice_.chance(50)) wanted.session_type = runtime::SessionType::lns_outgoing;
  if (dice_.chance(100)) wanted.use_sequence_numbers = true;
  static_cast<void>(control.session_create(by_id(tunnel), wanted));
}

void Operator::redial(Control& control) {
  const auto session = any_session(control);
  if (!session) return;
  const auto report = control.session_get(*session);
  if (!report || !report->config.user_name || report->config.user_name->size() != 5) return;
  const auto user = static_cast<unsigned>(report->config.user_name->back() - '0');
  static_cast<void>(control.session_delete(*session, "redial"));
  create_session(control, any_tunnel(control), user % users);
}

void Operator::modify(Control& control) {
  if (dice_.chance(300)) {
    runtime::SystemChange change;
    if (dice_.chance(500)) change.tunnels_max = dice_.chance(500) ? 0 : dice_.between(1, 6);
    if (dice_.chance(500)) change.sessions_max = dice_.chance(500) ? 0 : dice_.between(1, 20);
    if (dice_.chance(100)) change.drain = dice_.chance(300);
    if (dice_.chance(100)) change.reset_statistics = true;
    static_cast<void>(control.system_modify(change));
  } else if (dice_.chance(500)) {
    TunnelParameters change;
    if (dice_.chance(500)) change.hello_timeout_s = dice_.between(0, 5);
    if (dice_.chance(300)) change.retries_max = dice_.between(0, 4);
    if (dice_.chance(200)) change.persist = true;
    if (dice_.chance(200)) change.use_udp_checksums = dice_.chance(500);
    if (dice_.chance(100)) change.idle_timeout_s = dice_.between(0, 5);
    static_cast<void>(control.tunnel_modify(by_id(any_tunnel(control)), change));
  } else if (const auto session = any_session(control)) {
    SessionParameters change;
    change.use_sequence_numbers = dice_.chance(500);
    static_cast<void>(control.session_modify(*session, change));
  } else {
    runtime::PppProfileParameters change;
    change.lcp_echo_interval_s = dice_.between(0, 5);
    const std::string name = dice_.chance(500) ? "default" : "p" + std::to_string(dice_.below(3));
    if (dice_.chance(500))
      static_cast<void>(control.profiles().create<runtime::PppProfileParameters>(name, change));
    else
      static_cast<void>(control.profiles().modify<runtime::PppProfileParameters>(name, change));
    if (dice_.chance(200)) static_cast<void>(control.profiles().remove<runtime::PppProfileParameters>(name));
  }
}

void Operator::look(Control& control) {
  switch (dice_.below(5)) {
  case 0: static_cast<void>(control.system_get()); return;
  case 1: static_cast<void>(control.peer_list()); return;
  case 2: static_cast<void>(control.user_list()); return;
  case 3: static_cast<void>(control.tunnel_get(by_id(any_tunnel(control)))); return;
  default: break;
  }
  if (const auto session = any_session(control)) static_cast<void>(control.session_get(*session));
}

void Operator::act(SimDaemon& daemon) {
  Control& control = daemon.control();
  switch (dice_.below(10)) {
  case 0: {
    const auto tunnels = control.tunnel_list();
    if (daemon.host().lns || !tunnels || tunnels->size() >= tunnels_max) return look(control);
    if (dice_.chance(200)) return create_kept(daemon);
    return create_tunnel(control);
  }
  case 1:
  case 2:
  case 3: {
    const std::uint16_t tunnel = any_tunnel(control);
    const auto sessions = control.session_list(by_id(tunnel));
    if (daemon.host().lns || !sessions || sessions->size() >= sessions_max) return look(control);
    return create_session(control, tunnel, dice_.below(users));
  }
  case 4:
  case 5: return daemon.host().lns ? look(control) : redial(control);
  case 6:
    if (dice_.chance(400)) delete_tunnel(control, any_tunnel(control));
    return;
  case 7:
    if (const auto session = any_session(control)) delete_session(control, *session);
    return;
  case 8: return modify(control);
  default: return look(control);
  }
}

void Operator::tidy(SimDaemon& daemon) {
  Control& control = daemon.control();
  runtime::SystemChange change;
  change.tunnels_max = 0, change.sessions_max = 0, change.drain = false;
  static_cast<void>(control.system_modify(change));
  const auto tunnels = control.tunnel_list();
  for (const std::uint16_t tunnel : tunnels.value_or(std::vector<std::uint16_t>{})) {
    const auto report = control.tunnel_get(by_id(tunnel));
    if (report && (report->config.peer_addr == nobody || report->config.peer_addr == raw_lns))
      delete_tunnel(control, tunnel);
  }
}

} // namespace openl2tp::daemon_sim
