// Endpoints on real sockets over loopback, and on the fake network under virtual time.
#include "runtime/net/udp_endpoint.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/coro/scope.hpp"
#include "runtime/loop/sleep.hpp"
#include "runtime/net/endpoint_group.hpp"
#include "runtime/ring/uring_ring.hpp"
#include "tests/support/fake_ring.hpp"

namespace openl2tp::runtime {
namespace {

using namespace std::chrono_literals;
using protocol::Endpoint;
using protocol::IpAddress;
using protocol::Path;

std::span<const std::byte> octets_of(std::string_view text) { return std::as_bytes(std::span(text)); }

IpAddress loopback(int family, std::uint8_t last = 1) {
  if (family == 4) return IpAddress::v4(127, 0, 0, last);
  IpAddress address = IpAddress::any_v6();
  address.octets[15] = 1;
  return address;
}

/// Keeps what came, and answers when told to.
struct Collector final : DatagramSink {
  struct Entry {
    std::string text;
    Path path;
    bool truncated;
  };
  void on_datagrams(UdpEndpoint& endpoint, std::span<const Datagram> batch) noexcept override {
    ++batches;
    largest_batch = std::max(largest_batch, batch.size());
    for (const Datagram& datagram : batch) {
      entries.push_back({std::string(reinterpret_cast<const char*>(datagram.octets.data()), datagram.octets.size()),
                         datagram.path, datagram.truncated});
      if (echo) endpoint.send(datagram.path, datagram.octets);
    }
    if (entries.size() >= wanted) enough.set();
  }
  void on_refused(UdpEndpoint&, std::uint32_t tag, std::span<const std::byte> octets) noexcept override {
    refused.emplace_back(tag, std::string(reinterpret_cast<const char*>(octets.data()), octets.size()));
  }
  void on_trouble(UdpEndpoint&, const Endpoint& peer, const Trouble& trouble) noexcept override {
    troubles.emplace_back(peer, trouble);
  }
  std::vector<std::pair<std::uint32_t, std::string>> refused;
  std::vector<std::pair<Endpoint, Trouble>> troubles;
  bool echo = false;
  std::size_t wanted = 1;
  std::size_t batches = 0;
  std::size_t largest_batch = 0;
  std::vector<Entry> entries;
  Event enough;
};

Task<void> close_endpoint(UdpEndpoint* endpoint) {
  endpoint->close();
  co_await endpoint->closed().wait();
}

Task<bool> wait_for(Event* event) {
  const bool set = co_await event->wait();
  co_return set;
}

Task<bool> wait_for_at_most(Event* event, protocol::Duration limit) {
  Loop& loop = co_await this_loop();
  const Timed<bool> result = co_await with_deadline(wait_for(event), loop.now() + limit);
  co_return result.value;
}

Task<void> pause(protocol::Duration duration) { co_await sleep_for(duration); }

struct Kernel {
  explicit Kernel(UdpPoolOptions options = {}, bool send_with_address = true)
      : loop(make_ring(send_with_address)), pool(loop, options) {}
  static std::unique_ptr<Ring> make_ring(bool send_with_address) {
    UringOptions options;
    options.features.send_with_address = send_with_address;
    auto ring = UringRing::create(options);
    EXPECT_TRUE(ring) << ring.error().text;
    return std::move(*ring);
  }
  std::unique_ptr<UdpEndpoint> open(const Endpoint& local, DatagramSink& sink, const SocketOptions& options = {}) {
    auto socket = open_udp_socket(local, options);
    EXPECT_TRUE(socket) << socket.error().text;
    return std::make_unique<UdpEndpoint>(loop, pool, std::move(socket->fd),
                                         UdpOptions{.local = socket->local, .connected = false}, sink);
  }
  void close(UdpEndpoint& endpoint) { loop.run(close_endpoint(&endpoint)); }
  bool wait(Event& event) { return loop.run(wait_for_at_most(&event, 20s)); }
  Loop loop;
  UdpPool pool;
};

struct Setting {
  const char* name;
  int family;
  bool send_with_address;
  bool any; // the server is bound to no particular address
};

class UdpEndpointTest : public testing::TestWithParam<Setting> {};

TEST_P(UdpEndpointTest, AnswerComesFromTheAddressThatWasAsked) {
  const Setting& setting = GetParam();
  Kernel kernel({}, setting.send_with_address);
  Collector server_sink, client_sink;
  server_sink.echo = true;
  // 127.0.0.2 is not what the kernel would choose as a source for 127.0.0.1.
  const IpAddress asked = loopback(setting.family, 2);
  const IpAddress any = setting.family == 4 ? IpAddress::any_v4() : IpAddress::any_v6();
  auto server = kernel.open({.address = setting.any ? any : asked, .port = 0}, server_sink);
  auto client = kernel.open({.address = loopback(setting.family), .port = 0}, client_sink);
  server->start();
  client->start();
  const Endpoint target{.address = asked, .port = server->local().port};
  EXPECT_TRUE(client->send({.local = client->local(), .peer = target}, octets_of("hello")));
  ASSERT_TRUE(kernel.wait(client_sink.enough));
  ASSERT_EQ(server_sink.entries.size(), 1U);
  EXPECT_EQ(server_sink.entries[0].text, "hello");
  EXPECT_EQ(server_sink.entries[0].path, (Path{.local = target, .peer = client->local()}));
  EXPECT_FALSE(server_sink.entries[0].truncated);
  ASSERT_EQ(client_sink.entries.size(), 1U);
  EXPECT_EQ(client_sink.entries[0].path.peer, target);
  EXPECT_EQ(server->counters().sent, 1U);
  EXPECT_EQ(client->counters().received_octets, 5U);
  kernel.close(*server);
  kernel.close(*client);
}

INSTANTIATE_TEST_SUITE_P(Settings, UdpEndpointTest,
                         testing::Values(Setting{"V4", 4, true, false}, Setting{"V4Any", 4, true, true},
                                         Setting{"V4BeforeSendWithAddress", 4, false, false},
                                         Setting{"V6", 6, true, false}, Setting{"V6Any", 6, true, true},
                                         Setting{"V6BeforeSendWithAddress", 6, false, false}),
                         [](const auto& test) { return test.param.name; });

TEST(UdpEndpoint, DatagramsOfOneTurnArriveAsOneBatch) {
  Kernel kernel;
  Collector sink;
  sink.wanted = 100;
  auto endpoint = kernel.open({.address = loopback(4), .port = 0}, sink);
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(endpoint->send({.local = {}, .peer = endpoint->local()}, octets_of(std::to_string(i))));
  kernel.loop.run(pause(0ms));
  endpoint->start();
  ASSERT_TRUE(kernel.wait(sink.enough));
  EXPECT_GT(sink.largest_batch, 10U);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(sink.entries[static_cast<std::size_t>(i)].text, std::to_string(i));
  kernel.close(*endpoint);
}

TEST(UdpEndpoint, ExhaustedBuffersDelayButLoseNothing) {
  Kernel kernel({.receive_buffers = 4});
  Collector sink;
  sink.wanted = 200;
  auto endpoint = kernel.open({.address = loopback(4), .port = 0}, sink);
  for (int i = 0; i < 200; ++i)
    EXPECT_TRUE(endpoint->send({.local = {}, .peer = endpoint->local()}, octets_of(std::to_string(i))));
  kernel.loop.run(pause(0ms));
  endpoint->start();
  ASSERT_TRUE(kernel.wait(sink.enough));
  EXPECT_GT(endpoint->counters().buffers_exhausted, 0U);
  EXPECT_LE(sink.largest_batch, 4U);
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(sink.entries[static_cast<std::size_t>(i)].text, std::to_string(i));
  const std::uint64_t turns = kernel.loop.turns();
  kernel.loop.run(pause(50ms));
  EXPECT_LT(kernel.loop.turns() - turns, 40U); // re-armed, and quiet
  kernel.close(*endpoint);
}

TEST(UdpEndpoint, DatagramLargerThanABufferIsFlagged) {
  Kernel kernel({.buffer_octets = 1024});
  Collector sink;
  auto endpoint = kernel.open({.address = loopback(4), .port = 0}, sink);
  endpoint->start();
  const std::string large(3000, 'x');
  EXPECT_TRUE(endpoint->send({.local = {}, .peer = endpoint->local()}, octets_of(large)));
  ASSERT_TRUE(kernel.wait(sink.enough));
  EXPECT_TRUE(sink.entries[0].truncated);
  EXPECT_EQ(sink.entries[0].text, large.substr(0, sink.entries[0].text.size()));
  EXPECT_GT(sink.entries[0].text.size(), 800U);
  EXPECT_EQ(endpoint->counters().truncated, 1U);
  kernel.close(*endpoint);
}

class UdpEndpointLargest : public testing::TestWithParam<int> {};

// RFC 2661 bounds a message by the 16 bits of its length, UDP by those of its own.
TEST_P(UdpEndpointLargest, DatagramArrivesWhole) {
  Kernel kernel;
  Collector sink;
  auto endpoint = kernel.open({.address = loopback(GetParam()), .port = 0}, sink);
  endpoint->start();
  std::string large(GetParam() == 4 ? 65'507 : 65'527, 'x');
  for (std::size_t i = 0; i < large.size(); ++i)
    large[i] = static_cast<char>('a' + i % 23);
  sink.wanted = 3;
  for (int i = 0; i < 3; ++i) // a buffer that was large once is as good as new
    EXPECT_TRUE(endpoint->send({.local = {}, .peer = endpoint->local()}, octets_of(large)));
  ASSERT_TRUE(kernel.wait(sink.enough));
  for (const auto& entry : sink.entries) {
    EXPECT_FALSE(entry.truncated);
    EXPECT_TRUE(entry.text == large) << entry.text.size();
  }
  kernel.close(*endpoint);
}

INSTANTIATE_TEST_SUITE_P(Families, UdpEndpointLargest, testing::Values(4, 6),
                         [](const auto& test) { return test.param == 4 ? "V4" : "V6"; });

class UdpEndpointTrouble : public testing::TestWithParam<int> {};

TEST_P(UdpEndpointTrouble, PortUnreachableIsToldWithThePeer) {
  Kernel kernel;
  Collector sink;
  const bool v4 = GetParam() == 4;
  auto endpoint = kernel.open({.address = v4 ? IpAddress::any_v4() : IpAddress::any_v6(), .port = 0}, sink);
  endpoint->start();
  auto closed = open_udp_socket({.address = loopback(GetParam()), .port = 0}, {.share_port = false});
  ASSERT_TRUE(closed);
  const Endpoint gone = closed->local;
  closed->fd.reset();
  for (int i = 0; i < 100 && sink.troubles.empty(); ++i) { // the kernel sends only so many ICMP messages a second
    EXPECT_TRUE(endpoint->send({.local = {}, .peer = gone}, octets_of("anybody?")));
    kernel.loop.run(pause(20ms));
  }
  ASSERT_FALSE(sink.troubles.empty());
  EXPECT_EQ(sink.troubles[0].first, gone);
  EXPECT_EQ(sink.troubles[0].second.error, ECONNREFUSED);
  EXPECT_EQ(sink.troubles[0].second.origin, v4 ? Trouble::Origin::icmp : Trouble::Origin::icmp6);
  EXPECT_EQ(sink.troubles[0].second.offender, gone.address);
  EXPECT_EQ(endpoint->counters().icmp_errors, sink.troubles.size());
  EXPECT_EQ(endpoint->counters().receive_errors, 0U);
  kernel.close(*endpoint);
}

// An ICMP message about one peer fails the next call of the socket, whatever that sends.
TEST_P(UdpEndpointTrouble, OfOnePeerCostsNoDatagramToAnother) {
  Kernel kernel;
  Collector sink;
  auto endpoint = kernel.open({.address = loopback(GetParam()), .port = 0}, sink);
  endpoint->start();
  auto closed = open_udp_socket({.address = loopback(GetParam()), .port = 0}, {.share_port = false});
  ASSERT_TRUE(closed);
  const Endpoint gone = closed->local;
  closed->fd.reset();
  constexpr std::size_t rounds = 200;
  sink.wanted = rounds;
  for (std::size_t i = 0; i < rounds; ++i) {
    EXPECT_TRUE(endpoint->send({.local = {}, .peer = gone}, octets_of("anybody?")));
    EXPECT_TRUE(endpoint->send({.local = {}, .peer = endpoint->local()}, octets_of("arrives")));
    if (i % 4 == 0) kernel.loop.run(pause(0ms));
  }
  ASSERT_TRUE(kernel.wait(sink.enough)) << sink.entries.size();
  EXPECT_GT(sink.troubles.size(), 0U);
  for (const auto& [peer, trouble] : sink.troubles) {
    EXPECT_EQ(peer, gone);
    EXPECT_EQ(trouble.error, ECONNREFUSED);
  }
  const std::uint64_t turns = kernel.loop.turns();
  kernel.loop.run(pause(50ms));
  EXPECT_LT(kernel.loop.turns() - turns, 40U); // nothing is left in the error queue that would keep the loop busy
  kernel.close(*endpoint);
}

INSTANTIATE_TEST_SUITE_P(Families, UdpEndpointTrouble, testing::Values(4, 6),
                         [](const auto& test) { return test.param == 4 ? "V4" : "V6"; });

TEST(UdpEndpoint, RefusedSendsAreToldWithTheirErrors) {
  Kernel kernel;
  Collector sink;
  auto endpoint = kernel.open({.address = IpAddress::any_v4(), .port = 0}, sink);
  const Endpoint everybody{.address = IpAddress::v4(255, 255, 255, 255), .port = 1701};
  const Endpoint self{.address = loopback(4), .port = endpoint->local().port};
  const Endpoint foreign{.address = IpAddress::v4(192, 0, 2, 77), .port = 1701};
  EXPECT_TRUE(endpoint->send({.local = {}, .peer = everybody}, octets_of("one")));
  EXPECT_TRUE(endpoint->send({.local = foreign, .peer = self}, octets_of("two")));
  kernel.loop.run(pause(20ms));
  ASSERT_EQ(sink.troubles.size(), 2U);
  for (const auto& [peer, trouble] : sink.troubles) {
    EXPECT_EQ(trouble.origin, Trouble::Origin::local);
    EXPECT_EQ(trouble.error, peer == everybody ? EACCES : EADDRNOTAVAIL);
    EXPECT_EQ(trouble.offender, peer == everybody ? IpAddress{} : foreign.address);
  }
  kernel.close(*endpoint);
}

TEST(UdpEndpoint, TellsHowManyDatagramsFoundTheReceiveBufferFull) {
  Kernel kernel;
  Collector sink;
  auto endpoint = kernel.open({.address = loopback(4), .port = 0}, sink, {.receive_octets = 4096});
  EXPECT_EQ(endpoint->kernel_drops(), 0U);
  const std::string text(1000, 'x');
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(endpoint->send({.local = {}, .peer = endpoint->local()}, octets_of(text)));
  kernel.loop.run(pause(0ms));
  const std::uint32_t dropped = endpoint->kernel_drops();
  EXPECT_GT(dropped, 50U);
  sink.wanted = 100 - dropped;
  endpoint->start();
  ASSERT_TRUE(kernel.wait(sink.enough));
  EXPECT_EQ(sink.entries.size(), 100 - dropped);
  kernel.close(*endpoint);
}

TEST(UdpEndpoint, EmptyDatagramIsDelivered) {
  Kernel kernel;
  Collector sink;
  auto endpoint = kernel.open({.address = loopback(6), .port = 0}, sink);
  endpoint->start();
  EXPECT_TRUE(endpoint->send({.local = {}, .peer = endpoint->local()}, {}));
  ASSERT_TRUE(kernel.wait(sink.enough));
  EXPECT_EQ(sink.entries[0].text, "");
  kernel.close(*endpoint);
}

TEST(UdpEndpoint, SendsBeyondTheSlabUseTheHeapAndThenDrop) {
  Kernel kernel({.send = {.slots = 8, .slot_octets = 256, .heap_octets = 4096}});
  Collector sink;
  auto endpoint = kernel.open({.address = loopback(4), .port = 0}, sink);
  const std::string large(2000, 'y');
  int accepted = 0;
  for (int i = 0; i < 8; ++i)
    accepted += endpoint->send({.local = {}, .peer = endpoint->local()}, octets_of("small"));
  EXPECT_EQ(accepted, 8);
  EXPECT_TRUE(endpoint->send({.local = {}, .peer = endpoint->local()}, octets_of(large)));
  EXPECT_FALSE(endpoint->send({.local = {}, .peer = endpoint->local()}, octets_of(large)));
  EXPECT_TRUE(endpoint->send({.local = {}, .peer = endpoint->local()}, octets_of("small")));
  EXPECT_EQ(endpoint->counters().send_dropped, 1U);
  kernel.loop.run(pause(0ms));
  EXPECT_EQ(kernel.pool.sends_in_flight(), 0U);
  EXPECT_EQ(endpoint->counters().sent, 10U);
  EXPECT_TRUE(endpoint->send({.local = {}, .peer = endpoint->local()}, octets_of(large)));
  kernel.close(*endpoint);
}

TEST(UdpEndpoint, RefusalOfAConnectedPeerIsALossAndReceivingGoesOn) {
  Kernel kernel;
  Collector sink;
  auto peer = open_udp_socket({.address = loopback(4), .port = 0}, {.share_port = false});
  ASSERT_TRUE(peer);
  const Endpoint gone = peer->local;
  auto socket = open_udp_socket({.address = loopback(4), .port = 0}, {.share_port = false});
  ASSERT_TRUE(socket);
  SocketAddress address;
  const socklen_t length = to_socket_address(gone, address);
  ASSERT_EQ(::connect(socket->fd.get(), &address.any, length), 0);
  UdpEndpoint endpoint(kernel.loop, kernel.pool, std::move(socket->fd),
                       UdpOptions{.local = socket->local, .connected = true}, sink);
  endpoint.start();
  peer->fd.reset();
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(endpoint.send({.local = {}, .peer = gone}, octets_of("anybody?")));
    kernel.loop.run(pause(4ms));
  }
  EXPECT_GT(endpoint.counters().icmp_errors + endpoint.counters().send_errors, 0U);
  auto back = open_udp_socket(gone, {.share_port = false});
  ASSERT_TRUE(back) << back.error().text;
  const socklen_t to_length = to_socket_address(endpoint.local(), address);
  ASSERT_EQ(::sendto(back->fd.get(), "yes", 3, 0, &address.any, to_length), 3);
  ASSERT_TRUE(kernel.wait(sink.enough));
  EXPECT_EQ(sink.entries[0].text, "yes");
  kernel.close(endpoint);
}

TEST(UdpEndpoint, TellsWhichTaggedDatagramsTheKernelRefused) {
  Kernel kernel;
  Collector sink;
  auto endpoint = kernel.open({.address = loopback(4), .port = 0}, sink);
  endpoint->start();
  // Without SO_BROADCAST nobody may send to everybody.
  const Endpoint everybody{.address = IpAddress::v4(255, 255, 255, 255), .port = 1701};
  EXPECT_TRUE(endpoint->send_tagged({.local = {}, .peer = everybody}, octets_of("one"), 7));
  EXPECT_TRUE(endpoint->send({.local = {}, .peer = everybody}, octets_of("not tagged")));
  EXPECT_TRUE(endpoint->send_tagged({.local = {}, .peer = endpoint->local()}, octets_of("arrives"), 8));
  EXPECT_TRUE(endpoint->send_tagged({.local = {}, .peer = everybody}, octets_of("two"), 0));
  ASSERT_TRUE(kernel.wait(sink.enough));
  kernel.close(*endpoint);
  EXPECT_EQ(sink.refused, (std::vector<std::pair<std::uint32_t, std::string>>{{7, "one"}, {0, "two"}}));
  EXPECT_EQ(endpoint->counters().send_errors, 3U);
}

TEST(UdpEndpoint, CloseWithDatagramsWaitingDeliversNothingMore) {
  Kernel kernel;
  Collector sink;
  auto endpoint = kernel.open({.address = loopback(4), .port = 0}, sink);
  endpoint->start();
  for (int i = 0; i < 50; ++i)
    EXPECT_TRUE(endpoint->send({.local = {}, .peer = endpoint->local()}, octets_of("late")));
  kernel.close(*endpoint);
  EXPECT_TRUE(sink.entries.empty());
  EXPECT_FALSE(endpoint->send({.local = {}, .peer = endpoint->local()}, octets_of("closed")));
  EXPECT_EQ(kernel.pool.sends_in_flight(), 0U);
}

TEST(FakeNetwork, CarriesDatagramsBetweenTwoLoopsInVirtualTime) {
  FakeNetwork network;
  network.set_transit([](const Path&, std::span<const std::byte>) { return protocol::Duration{30}; });
  Loop one(std::make_unique<FakeRing>(network)), two(std::make_unique<FakeRing>(network));
  UdpPool pool_one(one, {}), pool_two(two, {});
  const Endpoint a{.address = IpAddress::v4(192, 0, 2, 1), .port = 1701};
  const Endpoint b{.address = IpAddress::v4(192, 0, 2, 2), .port = 1701};
  Collector sink_a, sink_b;
  sink_b.echo = true;
  UdpEndpoint endpoint_a(one, pool_one, network.open_udp(a), UdpOptions{.local = a}, sink_a);
  UdpEndpoint endpoint_b(two, pool_two, network.open_udp({.address = IpAddress::any_v4(), .port = 1701}),
                         UdpOptions{.local = {.address = IpAddress::any_v4(), .port = 1701}}, sink_b);
  endpoint_a.start();
  endpoint_b.start();
  EXPECT_TRUE(endpoint_a.send({.local = a, .peer = b}, octets_of("ping")));
  const auto begin = network.now();
  Loop* loops[] = {&one, &two};
  simulate(network, loops, begin + 59ms);
  ASSERT_EQ(sink_b.entries.size(), 1U);
  EXPECT_EQ(sink_b.entries[0].path, (Path{.local = b, .peer = a}));
  EXPECT_TRUE(sink_a.entries.empty());
  simulate(network, loops, begin + 60ms);
  ASSERT_EQ(sink_a.entries.size(), 1U);
  EXPECT_EQ(sink_a.entries[0].path, (Path{.local = a, .peer = b}));
  for (UdpEndpoint* endpoint : {&endpoint_a, &endpoint_b}) {
    endpoint->close();
    simulate(network, loops, network.now());
    EXPECT_TRUE(endpoint->closed().is_set());
  }
}

TEST(FakeNetwork, LosesWhatTheTransitLosesAndSteersByTunnelId) {
  FakeNetwork network;
  network.set_transit([](const Path&, std::span<const std::byte> octets) -> std::optional<protocol::Duration> {
    if (octets.back() == std::byte{'L'}) return std::nullopt;
    return protocol::Duration{1};
  });
  Loop loop(std::make_unique<FakeRing>(network));
  UdpPool pool(loop, {.receive_buffers = 2});
  const Endpoint server{.address = IpAddress::v4(192, 0, 2, 1), .port = 1701};
  const Endpoint client{.address = IpAddress::v4(192, 0, 2, 9), .port = 5000};
  Collector sinks[2], client_sink;
  UdpEndpoint shard0(loop, pool, network.open_udp(server), UdpOptions{.local = server}, sinks[0]);
  UdpEndpoint shard1(loop, pool, network.open_udp(server), UdpOptions{.local = server}, sinks[1]);
  UdpEndpoint sender(loop, pool, network.open_udp(client), UdpOptions{.local = client}, client_sink);
  for (UdpEndpoint* endpoint : {&shard0, &shard1, &sender})
    endpoint->start();
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"\x00\x02\x00\x06even"sv, "\x00\x02\x00\x07odd"sv, "\x00\x02\x00\x07L"sv, "\xc8\x02\x00\x00\x00\x03odd"sv}) {
    EXPECT_TRUE(sender.send({.local = client, .peer = server}, octets_of(text)));
  }
  Loop* loops[] = {&loop};
  simulate(network, loops, network.now() + 10ms);
  EXPECT_EQ(sinks[0].entries.size(), 1U);
  EXPECT_EQ(sinks[1].entries.size(), 2U);
  for (UdpEndpoint* endpoint : {&shard0, &shard1, &sender})
    endpoint->close();
  simulate(network, loops, network.now());
}

} // namespace
} // namespace openl2tp::runtime
