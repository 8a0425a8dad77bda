// An LNS and its callers: sessions of two shards, wired frames to frames, with their secrets in a file of the test's
// own.
#pragma once

#include <cstdio>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>

#include "plugins/ppp_kernel/session.hpp"
#include "tests/unit/plugins/ppp_kernel/fake_host.hpp"

namespace openl2tp::ppp_kernel::test {

using Packet = std::vector<std::uint8_t>;

/// An IPv4 packet of a header and `payload` octets.
inline Packet packet(std::array<std::uint8_t, 4> from, std::array<std::uint8_t, 4> to, std::size_t payload = 8) {
  Packet octets(20 + payload, 0xab);
  octets[0] = 0x45;
  octets[2] = static_cast<std::uint8_t>(octets.size() >> 8);
  octets[3] = static_cast<std::uint8_t>(octets.size());
  std::copy(from.begin(), from.end(), octets.begin() + 12);
  std::copy(to.begin(), to.end(), octets.begin() + 16);
  return octets;
}

inline constexpr std::array<std::uint8_t, 4> lns_address{10, 0, 0, 1}, alice{10, 0, 0, 10}, bob{10, 0, 0, 11},
    elsewhere{192, 0, 2, 1};

class TwoShards : public testing::Test {
 protected:
  /// Own folder, own file: tests run beside each other.
  TwoShards() : secrets_(testing::TempDir() + "ppp_kernel_" + std::to_string(getpid()) + "_secrets") {
    write_secrets("alice * wonderland 10.0.0.10\nbob * builder 10.0.0.11\n");
    lns_side = std::make_unique<Surroundings>(Surroundings{lns_network, configuration, {secrets_, secrets_}, "lns"});
    lac_side =
        std::make_unique<Surroundings>(Surroundings{lac_network, lac_configuration, {secrets_, secrets_}, "lac"});
    lns = std::make_unique<Shard>(lns_host.host(), lns_host.loop(), 0, 1, *lns_side);
    lac = std::make_unique<Shard>(lac_host.host(), lac_host.loop(), 0, 1, *lac_side);
    lns_parameters.params.flags = OPENL2TP_PPP_LNS;
    lns_parameters.address(OPENL2TP_PPP_GIVEN_LOCAL_ADDRESS, lns_parameters.profile.local_address, lns_address);
    lac_parameters.params.flags = OPENL2TP_PPP_LOCAL;
  }
  ~TwoShards() override {
    lns_sessions.clear();
    lac_sessions.clear();
    lns.reset();
    lac.reset();
    run(); // what workers had in hand
    std::remove(secrets_.c_str());
    std::remove(configuration_path().c_str());
  }

  [[nodiscard]] std::string configuration_path() const { return secrets_ + "_configuration"; }
  /// The LNS's, which the next session sees.
  void configure(const std::string& text) {
    std::ofstream(configuration_path(), std::ios::trunc) << text;
    configuration.look([this](const std::string& line) { lns_host.lines.push_back(line); });
  }
  void write_secrets(const std::string& text) const { std::ofstream(secrets_, std::ios::trunc) << text; }

  /// A call with the same token at both ends.
  void call(openl2tp_session_token token, const char* user, const char* password) {
    Parameters::put(lac_parameters.params.user_name, lac_parameters.params.user_name_length, user);
    Parameters::put(lac_parameters.params.user_password, lac_parameters.params.user_password_length, password);
    lns_sessions[token] = std::make_unique<Session>(*lns, token, lns_parameters.params);
    lac_sessions[token] = std::make_unique<Session>(*lac, token, lac_parameters.params);
  }

  /// Frames, workers and posted calls, until nothing moves.
  /// @param look called after each turn
  void run(const std::function<void()>& look = {}) {
    for (int turns = 0; turns < 1'000; ++turns) {
      bool any = lns_host.turn();
      any = lac_host.turn() || any;
      any = carry(lns_host, lac.get(), lac_sessions) || any;
      any = carry(lac_host, lns.get(), lns_sessions) || any;
      if (look) look();
      if (!any) return;
    }
    FAIL() << "it never rests";
  }
  void read_devices() {
    lns_host.run_watches();
    lac_host.run_watches();
    run();
  }
  void pass(std::uint64_t ms) {
    lns_host.pass(ms);
    lac_host.pass(ms);
    run();
  }
  void hang_up(openl2tp_session_token token) {
    if (lac_sessions.contains(token)) lac_sessions[token]->closing(0);
    lac_sessions.erase(token);
    run();
    if (lns_sessions.contains(token)) lns_sessions[token]->closing(0);
    lns_sessions.erase(token);
    run();
  }

  using Sessions = std::map<openl2tp_session_token, std::unique_ptr<Session>>;
  /// As the daemon: all frames of a batch lie there until the last was taken.
  static bool carry(FakeHost& from, Shard* shard, Sessions& to) {
    const auto batch = std::exchange(from.sent, {});
    for (const auto& [token, frame] : batch)
      if (to.contains(token)) to[token]->frame(frame);
    if (shard != nullptr) shard->frames_done();
    return !batch.empty();
  }

  std::string secrets_;
  FakeHost lns_host{1}, lac_host{2};
  FakeNetwork lns_network, lac_network;
  ConfigurationFile configuration{secrets_ + "_configuration", false, {}}, lac_configuration{{}, false, {}};
  std::unique_ptr<Surroundings> lns_side, lac_side;
  std::unique_ptr<Shard> lns, lac;
  Sessions lns_sessions, lac_sessions;
  Parameters lns_parameters, lac_parameters;
};

} // namespace openl2tp::ppp_kernel::test
