#include "plugins/ppp_kernel/tun_path.hpp"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "plugins/ppp_kernel/offload.hpp"
#include "tests/unit/plugins/ppp_kernel/fake_host.hpp"
#include "tests/unit/plugins/ppp_kernel/packets.hpp"

namespace openl2tp::ppp_kernel {

namespace {

using ppp::Network;
using test::Bytes;
using test::make;
using test::Make;

constexpr ppp::Ipv4 ours = ppp::Ipv4::of(10, 0, 0, 1), caller = ppp::Ipv4::of(10, 0, 0, 10);
constexpr std::uint64_t our_id = 0x01020304, caller_id = 0x0a0b0c0d; // as packets.hpp has them

/// A session: what it hears of its path.
class User final : public PathUser {
 public:
  explicit User(openl2tp_session_token token) : token_(token) {}
  void handle_path_up(Network network, std::string_view name) override {
    ups.emplace_back((network == Network::ipv4 ? "4 " : "6 ") + std::string(name));
  }
  void handle_path_failed(Network, const std::string& fault) override { faults.push_back(fault); }
  void handle_path_remark(const std::string& remark) override { remarks.push_back(remark); }
  ppp::FrameHeader handle_outgoing(Network network, std::size_t size) override {
    if (size > mtu) return {};
    return ppp::make_frame_header(network == Network::ipv4 ? ppp::Protocol::ipv4 : ppp::Protocol::ipv6, {});
  }
  openl2tp_session_token token() const noexcept override { return token_; }
  void handle_link_ready() override {}
  void handle_link_frame(ppp::Octets) override {}
  void handle_link_lost(const std::string&) override {}

  std::vector<std::string> ups, faults, remarks;
  std::size_t mtu = 1'400;

 private:
  openl2tp_session_token token_;
};

NetworkPlan plan4(ppp::Ipv4 peer = caller) {
  return {.network = Network::ipv4, .local_address = ours, .peer_address = peer, .mtu = 1'400};
}
NetworkPlan plan6(std::uint64_t peer = caller_id) {
  return {.network = Network::ipv6, .local_interface_id = our_id, .peer_interface_id = peer, .mtu = 1'400};
}

class TunPath : public testing::Test {
 protected:
  void SetUp() override { paths = std::make_unique<TunPaths>(host.host(), host.loop(), network); }
  void TearDown() override {
    alice.reset();
    bob.reset();
    paths.reset();
    run();
  }
  void run() {
    while (host.turn()) {
    }
  }
  void up(DataPath& path, const NetworkPlan& plan) {
    EXPECT_EQ(path.up(plan), "");
    run();
  }
  /// Alice calls us.
  void call(const NetworkPlan& plan) {
    if (alice == nullptr) alice = paths->make(alice_user, "", false);
    up(*alice, plan);
  }
  /// We dial out.
  void dial(const NetworkPlan& plan) {
    if (alice == nullptr) alice = paths->make(alice_user, "", true);
    up(*alice, plan);
  }
  bool deliver(const Bytes& packet, Network of = Network::ipv4) {
    const bool taken = alice->deliver(of, packet);
    paths->flush();
    return taken;
  }
  void from_host(const Bytes& packet, const OffloadHeader& header = {}) {
    std::vector<std::uint8_t> octets;
    const auto* front = reinterpret_cast<const std::uint8_t*>(&header);
    if (network.offloads) octets.assign(front, front + sizeof header);
    for (const std::byte octet : packet)
      octets.push_back(std::to_integer<std::uint8_t>(octet));
    network.put("l2tp0", octets);
    host.run_watches();
    run();
  }
  /// The next packet that the host gets.
  Bytes to_host(OffloadHeader* header = nullptr) {
    const auto octets = network.take("l2tp0");
    const std::size_t front = network.offloads && !octets.empty() ? sizeof(OffloadHeader) : 0;
    if (header != nullptr) std::memcpy(header, octets.data(), front);
    Bytes packet;
    for (std::size_t i = front; i < octets.size(); ++i)
      packet.push_back(std::byte{octets[i]});
    return packet;
  }
  /// The next packet that the peer gets, without its PPP header.
  Bytes to_peer(openl2tp_session_token token = 1) {
    if (host.sent.empty() || host.sent.front().first != token) return {};
    Bytes packet;
    for (std::size_t i = 4; i < host.sent.front().second.size(); ++i)
      packet.push_back(std::byte{host.sent.front().second[i]});
    host.sent.pop_front();
    return packet;
  }
  /// From us to the caller.
  static Bytes outgoing(Make how) {
    Bytes packet = make(how);
    const std::size_t at = how.v6 ? 8 : 12, size = how.v6 ? 16 : 4; // the sum stays
    for (std::size_t i = 0; i < size; ++i)
      std::swap(packet[at + i], packet[at + size + i]);
    return packet;
  }

  test::FakeHost host{1};
  test::FakeNetwork network;
  std::unique_ptr<TunPaths> paths;
  User alice_user{1}, bob_user{2};
  std::unique_ptr<DataPath> alice, bob;
};

class TunPathWithOffloads : public TunPath {
 protected:
  TunPathWithOffloads() { network.offloads = true; }
};

TEST_F(TunPath, DefaultRouteThatCannotBeMadeIsDoneWithout) {
  network.route_fault = "there is one";
  alice = paths->make(alice_user, {}, true);
  NetworkPlan plan = plan4();
  plan.default_route = true;
  up(*alice, plan);
  EXPECT_EQ(alice_user.ups.size(), 1U);
  EXPECT_EQ(alice_user.remarks, std::vector<std::string>{"no default route: there is one"});
  EXPECT_TRUE(alice_user.faults.empty());
}

TEST_F(TunPath, CallerWithoutARouteDoesNotComeUp) {
  network.route_fault = "there is one";
  alice = paths->make(alice_user, {}, false);
  up(*alice, plan4());
  EXPECT_TRUE(alice_user.ups.empty());
  EXPECT_EQ(alice_user.faults, std::vector<std::string>{"there is one"});
}

TEST_F(TunPath, CallersShareTheDevicesAddressAndEachSeesToIt) {
  network.failing_addresses = 1;
  alice = paths->make(alice_user, "", false);
  bob = paths->make(bob_user, "", false);
  EXPECT_EQ(alice->up(plan4()), "");
  EXPECT_EQ(bob->up(plan4(ppp::Ipv4::of(10, 0, 0, 11))), "");
  run();
  EXPECT_EQ(alice_user.faults, std::vector<std::string>{"there is no room"});
  EXPECT_EQ(bob_user.ups.size(), 1U);
  EXPECT_EQ(std::ranges::count(network.log, "address 10.0.0.1 to 0.0.0.0"), 2) << "the first failed";
  alice = paths->make(alice_user, "", false);
  up(*alice, plan4());
  EXPECT_EQ(alice_user.ups.size(), 1U);
  EXPECT_EQ(std::ranges::count(network.log, "address 10.0.0.1 to 0.0.0.0"), 2) << "it is there";
}

TEST_F(TunPath, AddressThatCouldNotBeTakenAwayIsThereForTheNext) {
  call(plan4());
  call(plan6());
  network.failing_addresses = 1;
  alice->down(Network::ipv4);
  run();
  up(*alice, plan4());
  EXPECT_TRUE(alice_user.faults.empty());
  EXPECT_EQ(std::ranges::count(network.log, "address 10.0.0.1 to 0.0.0.0"), 1);
}

TEST_F(TunPath, BothNetworksOfACallerShareTheDevice) {
  call(plan6());
  call(plan4());
  EXPECT_EQ(network.log,
            (std::vector<std::string>{"open l2tp0", "address fe80::102:304 to fe80::", "route fe80::a0b:c0d mtu 1400",
                                      "address 10.0.0.1 to 0.0.0.0", "route 10.0.0.10 mtu 1400"}));
  EXPECT_EQ(alice_user.ups, (std::vector<std::string>{"6 l2tp0", "4 l2tp0"}));
}

TEST_F(TunPath, NetworkThatGoesLeavesTheOther) {
  call(plan6());
  call(plan4());
  network.log.clear();
  alice->down(Network::ipv6);
  run();
  EXPECT_EQ(network.log, (std::vector<std::string>{"no route fe80::a0b:c0d", "no address fe80::102:304"}));
  EXPECT_TRUE(deliver(make({})));
  EXPECT_FALSE(deliver(make({.v6 = true}), Network::ipv6));
  network.log.clear();
  alice->down(Network::ipv4);
  run();
  EXPECT_EQ(network.log, (std::vector<std::string>{"close l2tp0"}));
}

TEST_F(TunPath, SessionThatDialsOutHasTheWholeLinkLocalNetworkBehindItsAddress) {
  dial(plan6());
  EXPECT_EQ(network.log, (std::vector<std::string>{"open l2tp0", "address fe80::102:304 to fe80::a0b:c0d"}));
  EXPECT_EQ(alice_user.ups, std::vector<std::string>{"6 l2tp0"});
}

TEST_F(TunPath, CallerMaySendIpv6FromItsLinkLocalAddressOnly) {
  call(plan6());
  EXPECT_TRUE(deliver(make({.v6 = true}), Network::ipv6));
  EXPECT_EQ(to_host(), make({.v6 = true}));
  for (const std::size_t at : {8U, 9U, 15U, 16U, 23U}) {
    Bytes foreign = make({.v6 = true});
    foreign[at] ^= std::byte{1};
    EXPECT_FALSE(deliver(foreign, Network::ipv6)) << at;
  }
  EXPECT_TRUE(to_host().empty());
}

TEST_F(TunPath, PeerThatWeDialedMaySendFromAnywhere) {
  dial(plan6());
  Bytes packet = make({.v6 = true});
  packet[8] = std::byte{0x20};
  EXPECT_TRUE(deliver(packet, Network::ipv6));
  EXPECT_EQ(to_host(), packet);
}

TEST_F(TunPath, PacketOfTheOtherNetworkIsNotTaken) {
  call(plan4());
  call(plan6());
  EXPECT_FALSE(deliver(make({.v6 = true}), Network::ipv4));
  EXPECT_FALSE(deliver(make({}), Network::ipv6));
}

TEST_F(TunPath, FindsTheCallerByItsLinkLocalAddress) {
  call(plan6());
  bob = paths->make(bob_user, "", false);
  up(*bob, plan6(caller_id + 1));
  from_host(outgoing({.v6 = true}));
  EXPECT_EQ(to_peer(1), outgoing({.v6 = true}));
  Bytes to_bob = outgoing({.v6 = true});
  test::set(to_bob, 36, 4, caller_id + 1);
  from_host(to_bob);
  EXPECT_EQ(to_peer(2), to_bob);
}

TEST_F(TunPath, SharedDeviceHasNobodyForAMulticastAndForOtherNetworks) {
  call(plan4());
  call(plan6());
  for (const std::uint32_t prefix : {0xff02U, 0x2001U}) {
    Bytes packet = outgoing({.v6 = true});
    test::set(packet, 24, 2, prefix);
    from_host(packet);
  }
  EXPECT_TRUE(host.sent.empty());
}

TEST_F(TunPath, MulticastGoesToThePeerThatWeDialed) {
  dial(plan6());
  Bytes packet = outgoing({.v6 = true});
  test::set(packet, 24, 2, 0xff02);
  from_host(packet);
  EXPECT_EQ(to_peer(), packet);
}

TEST_F(TunPath, NetworkThatIsNotUpIsNotSent) {
  dial(plan4());
  from_host(outgoing({.v6 = true})); // the host says something, as hosts do
  EXPECT_TRUE(host.sent.empty());
}

TEST_F(TunPath, SecondCallerWithTheSameInterfaceIdentifierGetsNoIpv6) {
  call(plan6());
  bob = paths->make(bob_user, "", false);
  EXPECT_EQ(bob->up(plan6()), "another session has the address fe80::a0b:c0d");
  up(*bob, plan4());
  EXPECT_EQ(bob_user.ups, std::vector<std::string>{"4 l2tp0"});
  bob.reset();
  run();
  from_host(outgoing({.v6 = true}));
  EXPECT_EQ(to_peer(1), outgoing({.v6 = true}));
}

TEST_F(TunPath, LinkThatIsTooNarrowForIpv6IsRefused) {
  alice = paths->make(alice_user, "", false);
  NetworkPlan plan = plan6();
  plan.mtu = 1'279;
  EXPECT_NE(alice->up(plan), "");
  run();
  EXPECT_TRUE(network.log.empty());
}

TEST_F(TunPath, LowersTheMssBothWays) {
  call(plan4());
  const Make syn{.flags = 0x02, .options = {2, 4, 0x05, 0xb4}};
  EXPECT_TRUE(deliver(make(syn)));
  const Bytes came = to_host();
  EXPECT_EQ(test::get(came, 42, 2), 1'360U);
  EXPECT_TRUE(test::is_right(came));
  from_host(outgoing(syn));
  const Bytes left = to_peer();
  EXPECT_EQ(test::get(left, 42, 2), 1'360U);
  EXPECT_TRUE(test::is_right(left));
}

TEST_F(TunPath, MssFitsTheSmallerDirectionOfTheLink) {
  NetworkPlan plan = plan4();
  plan.mru = 1'300;
  call(plan);
  EXPECT_TRUE(deliver(make({.flags = 0x02, .options = {2, 4, 0x05, 0xb4}})));
  EXPECT_EQ(test::get(to_host(), 42, 2), 1'260U);
}

TEST_F(TunPathWithOffloads, LargePacketOfTheHostBecomesFrames) {
  call(plan4());
  from_host(outgoing({.payload = 2'500}), {.flags = needs_checksum, .gso_type = gso_tcp4, .gso_size = 1'000});
  for (std::size_t i = 0; i < 3; ++i) {
    const auto number = static_cast<std::uint32_t>(i);
    EXPECT_EQ(to_peer(), outgoing({.sequence = 1'000 + 1'000 * number,
                                   .identification = static_cast<std::uint16_t>(5 + i),
                                   .payload = i == 2 ? 500U : 1'000U,
                                   .first = static_cast<std::uint8_t>(1 + 1'000 * i)}))
        << i;
  }
  EXPECT_TRUE(host.sent.empty());
}

TEST_F(TunPathWithOffloads, LargePacketWhoseSegmentsDoNotFitTheLinkIsDropped) {
  call(plan4());
  from_host(outgoing({.payload = 4'000}), {.flags = needs_checksum, .gso_type = gso_tcp4, .gso_size = 1'400});
  EXPECT_TRUE(host.sent.empty());
}

TEST_F(TunPathWithOffloads, ChecksumThatTheHostLeftIsMade) {
  call(plan4());
  Bytes left = outgoing({.payload = 33});
  test::leave_checksum(left);
  from_host(left, {.flags = needs_checksum, .checksum_start = 20, .checksum_offset = 16});
  EXPECT_EQ(to_peer(), outgoing({.payload = 33}));
}

TEST_F(TunPathWithOffloads, SegmentsOfOneBatchAreOnePacket) {
  call(plan4());
  std::vector<Bytes> segments;
  for (std::uint32_t i = 0; i < 3; ++i)
    segments.push_back(make({.sequence = i * 100, .payload = 100}));
  for (const Bytes& segment : segments)
    EXPECT_TRUE(alice->deliver(Network::ipv4, segment));
  EXPECT_TRUE(to_host().empty()); // not before the batch is over
  paths->flush();
  OffloadHeader header;
  EXPECT_EQ(to_host(&header).size(), 340U);
  EXPECT_EQ(header.gso_size, 100);
  EXPECT_TRUE(to_host().empty());
}

TEST_F(TunPathWithOffloads, BatchThatIsLargerThanWhatMayWaitLosesNothing) {
  call(plan4());
  std::vector<Bytes> packets;
  for (std::uint16_t i = 0; i < 200; ++i)
    packets.push_back(make({.source_port = i, .payload = 1}));
  for (const Bytes& packet : packets)
    EXPECT_TRUE(alice->deliver(Network::ipv4, packet));
  paths->flush();
  for (const Bytes& packet : packets)
    EXPECT_EQ(to_host(), packet);
}

TEST_F(TunPathWithOffloads, PacketsOfASessionThatWentAreNotWritten) {
  call(plan4());
  const Bytes packet = make({.payload = 1});
  EXPECT_TRUE(alice->deliver(Network::ipv4, packet));
  alice.reset();
  paths->flush();
  run();
  EXPECT_TRUE(network.devices.empty());
}

TEST_F(TunPathWithOffloads, ManySynsAreChangedWithoutMixingThemUp) {
  call(plan4());
  std::vector<Bytes> packets;
  for (std::uint16_t i = 0; i < 150; ++i)
    packets.push_back(
        make({.flags = 0x02, .source_port = i, .options = {2, 4, 0x05, 0xb4}, .payload = i < 100 ? 1'200U : 0U}));
  std::size_t came = 0;
  for (const Bytes& packet : packets) {
    EXPECT_TRUE(alice->deliver(Network::ipv4, packet));
    // The copies have a bound: some are written before the batch is over.
    for (Bytes one = to_host(); !one.empty(); one = to_host(), ++came) {
      EXPECT_EQ(test::get(one, 20, 2), came);
      EXPECT_TRUE(test::is_right(one));
    }
  }
  paths->flush();
  for (Bytes one = to_host(); !one.empty(); one = to_host(), ++came) {
    EXPECT_EQ(test::get(one, 20, 2), came);
    EXPECT_EQ(test::get(one, 42, 2), 1'360U);
    EXPECT_TRUE(test::is_right(one));
  }
  EXPECT_EQ(came, packets.size());
}

TEST_F(TunPathWithOffloads, PacketThatIsShorterThanItsOffloadHeaderIsDropped) {
  call(plan4());
  network.put("l2tp0", {1, 2, 3});
  host.run_watches();
  from_host(outgoing({.payload = 5}));
  EXPECT_EQ(to_peer(), outgoing({.payload = 5}));
}

} // namespace

} // namespace openl2tp::ppp_kernel
