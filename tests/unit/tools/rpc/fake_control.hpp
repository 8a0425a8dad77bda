// A management model for tests: records what it was asked and answers what it was told to.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/control.hpp"
#include "runtime/profiles/profile_store.hpp"

namespace openl2tp::test {

class FakeControl final : public runtime::Control {
 public:
  template <class T>
  using Result = runtime::ControlResult<T>;

  runtime::SystemReport system;
  runtime::TunnelReport tunnel;
  std::vector<runtime::TunnelReport> tunnels; // when not empty, tunnel_get and tunnel_list answer from here
  runtime::SessionReport session;
  std::vector<runtime::SessionReport> sessions;
  std::vector<std::uint16_t> ids;
  std::vector<runtime::PeerReport> peers;
  std::vector<runtime::UserReport> users;
  runtime::UserPage user_page;
  std::pair<std::uint16_t, std::uint16_t> users_asked_after;
  runtime::ProfileUses profile_uses;
  runtime::ProfileStore profile_store{0}; // the real one
  runtime::FaultControl* fault_control = nullptr;
  std::uint16_t new_id = 1;
  std::optional<runtime::ControlFault> fault; // answers every call with this
  std::string fault_detail;                   // and these words

  std::string last_call;
  runtime::SystemChange system_change;
  runtime::TunnelParameters tunnel_parameters;
  runtime::TunnelName tunnel_name;
  runtime::SessionName session_name;
  runtime::SessionParameters session_parameters;
  std::string reason;
  int calls = 0;

  Result<runtime::SystemReport> system_get() override {
    const std::lock_guard lock(mutex_);
    return answer("system_get", system);
  }
  Result<void> system_modify(const runtime::SystemChange& change) override {
    const std::lock_guard lock(mutex_);
    system_change = change;
    return done("system_modify");
  }
  Result<std::uint16_t> tunnel_create(const runtime::TunnelParameters& parameters) override {
    const std::lock_guard lock(mutex_);
    tunnel_parameters = parameters;
    return answer("tunnel_create", new_id);
  }
  Result<void> tunnel_delete(const runtime::TunnelName& name, const std::string& why) override {
    const std::lock_guard lock(mutex_);
    tunnel_name = name;
    reason = why;
    return done("tunnel_delete");
  }
  Result<void> tunnel_modify(const runtime::TunnelName& name, const runtime::TunnelParameters& parameters) override {
    const std::lock_guard lock(mutex_);
    tunnel_name = name;
    tunnel_parameters = parameters;
    return done("tunnel_modify");
  }
  Result<runtime::TunnelReport> tunnel_get(const runtime::TunnelName& name) override {
    const std::lock_guard lock(mutex_);
    tunnel_name = name;
    for (const auto& report : tunnels) {
      if (report.tunnel_id == name.id) return answer("tunnel_get", report);
    }
    return answer("tunnel_get", tunnel);
  }
  Result<std::vector<std::uint16_t>> tunnel_list() override {
    const std::lock_guard lock(mutex_);
    if (tunnels.empty()) return answer("tunnel_list", ids);
    std::vector<std::uint16_t> all;
    for (const auto& report : tunnels)
      all.push_back(report.tunnel_id);
    return answer("tunnel_list", all);
  }
  Result<std::uint16_t> session_create(const runtime::TunnelName& name,
                                       const runtime::SessionParameters& parameters) override {
    const std::lock_guard lock(mutex_);
    tunnel_name = name;
    session_parameters = parameters;
    return answer("session_create", new_id);
  }
  Result<void> session_delete(const runtime::SessionName& name, const std::string& why) override {
    const std::lock_guard lock(mutex_);
    session_name = name;
    reason = why;
    return done("session_delete");
  }
  Result<void> session_modify(const runtime::SessionName& name, const runtime::SessionParameters& parameters) override {
    const std::lock_guard lock(mutex_);
    session_name = name;
    session_parameters = parameters;
    return done("session_modify");
  }
  Result<runtime::SessionReport> session_get(const runtime::SessionName& name) override {
    const std::lock_guard lock(mutex_);
    session_name = name;
    for (const auto& report : sessions) {
      if (report.session_id == name.id) return answer("session_get", report);
    }
    return answer("session_get", session);
  }
  Result<std::vector<std::uint16_t>> session_list(const runtime::TunnelName& name) override {
    const std::lock_guard lock(mutex_);
    tunnel_name = name;
    if (sessions.empty()) return answer("session_list", ids);
    std::vector<std::uint16_t> all;
    for (const auto& report : sessions)
      all.push_back(report.session_id);
    return answer("session_list", all);
  }
  Result<std::vector<runtime::PeerReport>> peer_list() override {
    const std::lock_guard lock(mutex_);
    return answer("peer_list", peers);
  }
  Result<std::vector<runtime::UserReport>> user_list() override {
    const std::lock_guard lock(mutex_);
    return answer("user_list", users);
  }
  Result<runtime::UserPage> users_after(std::uint16_t tunnel_id, std::uint16_t session_id, std::uint32_t) override {
    const std::lock_guard lock(mutex_);
    users_asked_after = {tunnel_id, session_id};
    return answer("users_after", user_page);
  }
  Result<std::uint32_t> peer_profile_uses(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    const auto it = profile_uses.find(name);
    return answer("peer_profile_uses", it == profile_uses.end() ? 0U : it->second);
  }
  Result<runtime::ProfileUses> peer_profile_uses() override {
    const std::lock_guard lock(mutex_);
    return answer("peer_profile_uses", profile_uses);
  }
  runtime::ProfileStore& profiles() override { return profile_store; }
  runtime::FaultControl* faults() override { return fault_control; }

 private:
  std::mutex mutex_; // long lists come from threads of their own
  template <class T>
  Result<T> answer(const char* call, T value) {
    last_call = call;
    ++calls;
    if (fault) return tl::unexpected(runtime::ControlError{*fault, fault_detail});
    return value;
  }
  Result<void> done(const char* call) {
    last_call = call;
    ++calls;
    if (fault) return tl::unexpected(runtime::ControlError{*fault, fault_detail});
    return {};
  }
};

/// A tunnel report with a value in every field, and the session report that goes with it.
[[nodiscard]] inline runtime::TunnelReport full_tunnel() {
  runtime::TunnelReport r;
  auto& c = r.config;
  c.tunnel_name = "t1";
  c.config_id = 1;
  c.auth_mode = runtime::AuthMode::challenge;
  c.framing_capabilities = runtime::Framing{true, true};
  c.bearer_capabilities = runtime::Bearer{true, false};
  c.use_tie_breaker = false;
  c.hide_avps = true;
  c.receive_window = 10;
  c.transmit_window = 11;
  c.secret = "abc";
  c.host_name = "lac";
  c.tunnel_profile_name = c.peer_profile_name = c.session_profile_name = c.ppp_profile_name = "default";
  c.use_udp_checksums = true;
  c.persist = true;
  c.hello_timeout_s = 60;
  c.retries_max = 5;
  c.retry_timeout_s = 1;
  c.idle_timeout_s = 6;
  c.sessions_max = 3;
  c.mtu = 1460;
  c.trace = 0x7ff;
  c.interface_name = "ifx";
  r.supplied.peer_addr = runtime::IpAddress::v4(192, 168, 0, 1);
  r.supplied.auth_mode = runtime::AuthMode::challenge;
  r.supplied.hello_timeout_s = 60;
  r.supplied.secret = "abc";
  r.supplied.tunnel_name = "t1";
  r.supplied.interface_name = "ifx";
  r.tunnel_id = 50199;
  r.peer_tunnel_id = 35189;
  r.local = {runtime::IpAddress::v4(192, 168, 0, 2), 49683, 0};
  r.peer_endpoint = {runtime::IpAddress::v4(192, 168, 0, 1), 39113, 0};
  r.created_by_admin = true;
  r.created_at = 1795330861; // 2026-11-22 07:01:01 UTC
  r.mode = runtime::TunnelMode::lac;
  r.sessions = 2;
  r.use_count = 4;
  r.establish_retries = 5;
  r.actual_transmit_window = 4;
  r.state = "ESTABLISHED";
  r.tie_breaker = protocol::TieBreaker{std::byte{0xea}, std::byte{0xcf}, std::byte{0x52}, std::byte{0xc8},
                                       std::byte{0x0b}, std::byte{0xa9}, std::byte{0x5f}, std::byte{0x22}};
  r.peer.framing_capabilities = {true, true};
  r.peer.bearer_capabilities = {true, true};
  r.peer.protocol_version = 1;
  r.peer.receive_window = 10;
  r.peer.firmware_revision = 264;
  r.peer.host_name = "lns";
  r.peer.vendor_name = "Example";
  r.peer.result = {2, 6, "no"};
  auto& s = r.statistics;
  s.retransmits = 10;
  s.sent_zlbs = 11;
  s.sent_zlb_failures = 12;
  s.received_zlbs = 13;
  s.data_discards = 14;
  s.duplicates = 15;
  s.received_hellos = 16;
  s.sent_hellos = 17;
  s.sent_hello_failures = 18;
  s.ns = 19;
  s.nr = 20;
  s.peer_ns = 21;
  s.peer_nr = 22;
  s.cwnd = 23;
  s.ssthresh = 24;
  s.congestion_accumulator = 25;
  constexpr std::uint64_t wide = 0x100000000; // shows that both halves of a 64-bit counter travel
  s.control_received_packets = wide + 16;
  s.control_received_octets = wide + 17;
  s.control_received_out_of_sequence = wide + 18;
  s.control_received_out_of_sequence_discards = wide + 19;
  s.control_sent_packets = wide + 20;
  s.control_sent_octets = wide + 21;
  s.data_received_packets = wide + 22;
  s.data_received_octets = wide + 23;
  s.data_received_errors = wide + 24;
  s.data_received_out_of_sequence = wide + 25;
  s.data_received_out_of_sequence_discards = wide + 26;
  s.data_sent_packets = wide + 27;
  s.data_sent_octets = wide + 28;
  s.data_sent_errors = wide + 29;
  return r;
}

[[nodiscard]] inline std::vector<std::byte> octets(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (const int value : values)
    result.push_back(static_cast<std::byte>(value));
  return result;
}

[[nodiscard]] inline runtime::PppReport full_ppp() {
  return {.phase = runtime::PppPhase::up,
          .plugin = "ppp_kernel",
          .data_path = "frames",
          .interface_name = "l2tp7",
          .user_name = "fred",
          .auth_method = "CHAP",
          .unit = std::nullopt,
          .process = 4711,
          .local_ipv4 = runtime::IpAddress::v4(10, 77, 0, 1),
          .peer_ipv4 = runtime::IpAddress::v4(10, 77, 0, 10),
          .local_ipv6 = protocol::parse_ip_address("fe80::1").value(),
          .peer_ipv6 = protocol::parse_ip_address("fe80::2").value(),
          .mtu = 1450,
          .mru = 1500,
          .up_at = 1795330875,
          .end_reason = {}};
}

[[nodiscard]] inline runtime::SessionReport full_session() {
  runtime::SessionReport r;
  auto& c = r.config;
  c.session_name = "s1";
  c.user_name = "u";
  c.user_password = "pw";
  c.profile_name = c.ppp_profile_name = "default";
  c.no_ppp = c.use_ppp_proxy = c.use_sequence_numbers = false;
  c.sequencing_required = true;
  c.reorder_timeout = 12;
  c.trace = 2;
  c.framing_type = runtime::Framing{true, true};
  c.bearer_type = runtime::Bearer{true, true};
  c.tx_connect_speed = 1000000;
  c.rx_connect_speed = 64000;
  c.proxy_auth_response = octets({9});
  c.calling_number = "123";
  r.supplied.sequencing_required = true;
  r.supplied.rx_connect_speed = 64000;
  r.supplied.session_name = "s1";
  r.tunnel_id = 50199;
  r.session_id = 566;
  r.peer_session_id = 44883;
  r.tunnel_name = "t1";
  r.state = "ESTABLISHED";
  r.type = runtime::SessionType::lac_incoming;
  r.created_by_admin = true;
  r.created_at = 1795330874; // 2026-11-22 07:01:14 UTC
  r.call_serial_number = 1;
  r.physical_channel_id = 9;
  auto& p = r.peer;
  p.result = {2, 6, "gone"};
  p.minimum_bps = 1;
  p.maximum_bps = 2;
  p.tx_connect_speed = 3;
  p.rx_connect_speed = 4;
  p.proxy_auth_type = 2;
  p.proxy_auth_id = 5;
  p.proxy_auth_name = "n";
  p.private_group_id = "g";
  p.proxy_auth_response = octets({8});
  p.framing_type = {true, false};
  p.bearer_type = {false, true};
  p.sequencing_required = true;
  p.call_serial_number = 6;
  p.physical_channel_id = 7;
  p.initial_received_confreq = octets({1, 2, 3});
  p.last_sent_confreq = octets({4});
  p.last_received_confreq = octets({5, 6});
  p.calling_number = "c";
  p.called_number = "d";
  p.sub_address = "e";
  p.q931_cause = 16;
  p.q931_message = 69;
  p.q931_advisory = "adv";
  p.call_errors = {300, 301, 302, 303, 304, 305};
  p.accm = {0xa0000, 0xffffffff};
  constexpr std::uint64_t wide = 0x200000000;
  r.statistics = {wide, wide + 1, wide + 2, wide + 3, wide + 4, wide + 5, wide + 6, wide + 7};
  return r;
}

} // namespace openl2tp::test
