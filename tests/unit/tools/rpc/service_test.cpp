// The service over real sockets on loopback: both transports, bad clients, start and stop.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <filesystem>

#include "tests/unit/tools/rpc/fake_control.hpp"
#include "tools/rpc/client.hpp"
#include "tools/rpc/service.hpp"

namespace openl2tp::rpc {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

class Serving : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("openl2tp-rpc-test-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    file_ = (folder_ / "ports").string();
    start();
  }
  void TearDown() override {
    service_.reset();
    std::filesystem::remove_all(folder_);
  }
  void start() {
    service_.emplace(control_, ServiceOptions{.remote = false,
                                              .register_with_rpcbind = false,
                                              .ports_file = file_,
                                              .stall_max = std::chrono::milliseconds(300)});
    const auto started = service_->start();
    ASSERT_TRUE(started) << started.error();
  }
  Client client(Protocol protocol) {
    const std::uint16_t port = protocol == Protocol::tcp ? service_->ports().tcp : service_->ports().udp;
    auto connected = Client::connect_to_port({.host = "localhost", .protocol = protocol, .timeout_s = 10}, port);
    EXPECT_TRUE(connected) << connected.error();
    return std::move(*connected);
  }
  Descriptor raw_connection() {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(service_->ports().tcp);
    EXPECT_EQ(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return socket;
  }
  void send_octets(const Descriptor& socket, std::initializer_list<int> octets) {
    std::vector<std::byte> data = test::octets(octets);
    EXPECT_EQ(send(socket.get(), data.data(), data.size(), MSG_NOSIGNAL), static_cast<ssize_t>(data.size()));
  }
  /// True when the service closes the connection; the wait is an upper bound for a broken build only.
  bool is_closed(const Descriptor& socket) {
    pollfd waiting{socket.get(), POLLIN, 0};
    char octet = 0;
    return poll(&waiting, 1, 20000) == 1 && recv(socket.get(), &octet, 1, 0) <= 0;
  }

  std::filesystem::path folder_;
  std::string file_;
  test::FakeControl control_;
  std::optional<Service> service_;
};

TEST_F(Serving, BothTransportsAnswer) {
  control_.ids = {1, 2, 3};
  for (const Protocol protocol : {Protocol::udp, Protocol::tcp}) {
    const auto list = client(protocol).call<l2tp_api_tunnel_list_msg_data>(L2TP_TUNNEL_LIST, Nothing{});
    ASSERT_TRUE(list) << list.error();
    EXPECT_EQ((*list)->tunnel_ids.tunnel_ids_len, 3u);
  }
}

TEST_F(Serving, ListTooLongForUdpIsAnErrorThatNamesTcpAndComesOverTcp) {
  control_.ids.assign(65535, 7);
  const auto udp = client(Protocol::udp).call<l2tp_api_tunnel_list_msg_data>(L2TP_TUNNEL_LIST, Nothing{});
  ASSERT_FALSE(udp);
  EXPECT_NE(udp.error().find("TCP"), std::string::npos);
  const auto tcp = client(Protocol::tcp).call<l2tp_api_tunnel_list_msg_data>(L2TP_TUNNEL_LIST, Nothing{});
  ASSERT_TRUE(tcp) << tcp.error();
  EXPECT_EQ((*tcp)->tunnel_ids.tunnel_ids_len, 65535u);
}

TEST_F(Serving, OneConnectionCarriesManyCalls) {
  auto connected = client(Protocol::tcp);
  for (int i = 0; i < 200; ++i)
    ASSERT_TRUE(connected.call<Nothing>(0, Nothing{}));
}

TEST_F(Serving, ConnectionTellsWhyItsLastCallWasRefusedWhateverThreadAnsweredIt) {
  control_.fault = runtime::ControlFault::out_of_resources;
  control_.fault_detail = "no more";
  auto connected = client(Protocol::tcp);
  const auto words = [](Client& of) {
    const auto reply = of.call<l2tp_ext_error_detail_reply>(L2TP_EXT_ERROR_DETAIL, Nothing{});
    return reply ? std::string((*reply)->text) : reply.error();
  };
  ASSERT_TRUE(connected.call<l2tp_api_tunnel_list_msg_data>(L2TP_TUNNEL_LIST, Nothing{})); // answered aside
  EXPECT_EQ(words(connected), "no more");
  auto other = client(Protocol::tcp);
  EXPECT_EQ(words(other), "");
  ASSERT_TRUE(connected.call<l2tp_api_system_msg_data>(L2TP_SYSTEM_GET, Nothing{})); // answered at once
  EXPECT_EQ(words(connected), "no more");
  ASSERT_TRUE(connected.call<Nothing>(0, Nothing{}));
  EXPECT_EQ(words(connected), "");
}

TEST_F(Serving, OverUdpNoWordsAreKept) {
  const auto reply = client(Protocol::udp).call<l2tp_ext_error_detail_reply>(L2TP_EXT_ERROR_DETAIL, Nothing{});
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_EQ((*reply)->result, -EOPNOTSUPP);
}

TEST_F(Serving, SocketsAreOnLoopbackOnly) {
  for (const auto [type, port] :
       {std::pair{SOCK_STREAM, service_->ports().tcp}, std::pair{SOCK_DGRAM, service_->ports().udp}}) {
    // The same port on another address of this host is free.
    Descriptor socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(port);
    address.sin_addr.s_addr = htonl(0x7f000002);
    EXPECT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
}

TEST_F(Serving, CallInFragmentsAndPipelinedCallsAreAnswered) {
  Descriptor socket = raw_connection();
  // A null call of 40 octets in three fragments of 8, 31 and 1, twice in one go.
  std::vector<std::byte> stream;
  for (int i = 0; i < 2; ++i) {
    const auto call = test::octets({0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 2, 0, 4, 0x96, 0xe5, 0, 0, 0, 1,
                                    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0,    0, 0, 0, 0});
    std::size_t at = 0;
    for (const int size : {8, 31, 1}) {
      const auto mark = test::octets({size == 1 ? 0x80 : 0, 0, 0, size});
      stream.insert(stream.end(), mark.begin(), mark.end());
      stream.insert(stream.end(), call.begin() + static_cast<std::ptrdiff_t>(at),
                    call.begin() + static_cast<std::ptrdiff_t>(at + static_cast<std::size_t>(size)));
      at += static_cast<std::size_t>(size);
    }
  }
  ASSERT_EQ(send(socket.get(), stream.data(), stream.size(), 0), static_cast<ssize_t>(stream.size()));
  std::array<std::byte, 56> replies;
  ASSERT_EQ(recv(socket.get(), replies.data(), replies.size(), MSG_WAITALL), 56);
  EXPECT_EQ(replies[0], std::byte{0x80});
  EXPECT_EQ(replies[3], std::byte{24});
  EXPECT_EQ(replies[7], std::byte{9});
  EXPECT_EQ(replies[35], std::byte{9});
}

TEST_F(Serving, MarksThatLieCloseTheConnection) {
  for (const auto& mark : {std::array{0x7f, 0xff, 0xff, 0xff}, std::array{0xff, 0xff, 0xff, 0xff},
                           std::array{0, 0, 0, 0}, std::array{0x80, 0, 0, 0}, std::array{0x80, 2, 0, 1}}) {
    Descriptor socket = raw_connection();
    send_octets(socket, {mark[0], mark[1], mark[2], mark[3]});
    EXPECT_TRUE(is_closed(socket)) << mark[0] << " " << mark[1];
  }
  EXPECT_TRUE(client(Protocol::tcp).call<Nothing>(0, Nothing{}));
}

TEST_F(Serving, HalfARecordDelaysNobody) {
  Descriptor slow = raw_connection();
  send_octets(slow, {0x80, 0, 0, 40, 1, 2, 3});
  EXPECT_TRUE(client(Protocol::tcp).call<Nothing>(0, Nothing{}));
  EXPECT_TRUE(client(Protocol::udp).call<Nothing>(0, Nothing{}));
}

TEST_F(Serving, RecordThatNeverEndsIsClosed) {
  Descriptor slow = raw_connection();
  send_octets(slow, {0x80, 0, 0, 40, 1, 2, 3});
  EXPECT_TRUE(is_closed(slow));
}

TEST_F(Serving, IdleConnectionsBeyondTheBoundGiveWayToNewOnes) {
  std::vector<Descriptor> idle;
  for (std::size_t i = 0; i < Service::kConnectionsMax + 50; ++i)
    idle.push_back(raw_connection());
  EXPECT_TRUE(client(Protocol::tcp).call<Nothing>(0, Nothing{}));
  EXPECT_TRUE(is_closed(idle.front()));
}

TEST_F(Serving, EmptyAndShortDatagramsGetNoAnswer) {
  Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(service_->ports().udp);
  ASSERT_EQ(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(send(socket.get(), "", 0, 0), 0);
  EXPECT_EQ(send(socket.get(), "abc", 3, 0), 3);
  // The null call that follows is answered, and first.
  const auto call = test::octets({0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 2, 0, 4, 0x96, 0xe5, 0, 0, 0, 1,
                                  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0,    0, 0, 0, 0});
  ASSERT_EQ(send(socket.get(), call.data(), call.size(), 0), static_cast<ssize_t>(call.size()));
  std::array<std::byte, 100> reply;
  EXPECT_EQ(recv(socket.get(), reply.data(), reply.size(), 0), 24);
  EXPECT_EQ(reply[3], std::byte{9});
}

TEST_F(Serving, Ipv6LoopbackIsServedAtTheSamePortsWhereThereIsOne) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  Descriptor probe(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    GTEST_SKIP() << "no ::1 here";
  }
  const auto call = test::octets({0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 2, 0, 4, 0x96, 0xe5, 0, 0, 0, 1,
                                  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0,    0, 0, 0, 0});
  std::array<std::byte, 100> reply;
  address.sin6_port = htons(service_->ports().udp);
  ASSERT_EQ(connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(send(probe.get(), call.data(), call.size(), 0), static_cast<ssize_t>(call.size()));
  EXPECT_EQ(recv(probe.get(), reply.data(), reply.size(), 0), 24);
  Descriptor stream(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  address.sin6_port = htons(service_->ports().tcp);
  EXPECT_EQ(connect(stream.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

/// Sends a call over UDP and returns the reply.
std::vector<std::byte> reply_to(const Descriptor& socket, const std::vector<std::byte>& call) {
  EXPECT_EQ(send(socket.get(), call.data(), call.size(), 0), static_cast<ssize_t>(call.size()));
  std::vector<std::byte> reply(9000);
  const ssize_t size = recv(socket.get(), reply.data(), reply.size(), 0);
  reply.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return reply;
}

TEST_F(Serving, CallThatComesTwiceOverUdpIsExecutedOnceAndAnsweredTwice) {
  Service open(control_, {.remote = true,
                          .addresses = {protocol::IpAddress::v4(127, 0, 0, 1)},
                          .register_with_rpcbind = false,
                          .ports_file = file_ + "-open"});
  ASSERT_TRUE(open.start());
  const sockaddr_in address = loopback(open.ports().udp);
  const auto connected = [&address] {
    Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return socket;
  };
  // SESSION_DELETE by ids, no names, no reason.
  auto call = test::octets({0, 0, 0, 9,  0, 0, 0, 0, 0, 0, 0, 2, 0, 4, 0x96, 0xe5, 0, 0, 0, 1,
                            0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0,    0, 0, 0, 0});
  for (const int unit : {1, 0, 2, 0, 0})
    for (const int octet : {0, 0, 0, unit})
      call.push_back(static_cast<std::byte>(octet));
  const Descriptor client = connected(), other = connected();
  const auto first = reply_to(client, call);
  ASSERT_EQ(first.size(), 28u);
  control_.fault = runtime::ControlFault::session_not_found; // what executing it once more would bring
  EXPECT_EQ(reply_to(client, call), first);
  EXPECT_EQ(control_.calls, 1);
  EXPECT_NE(reply_to(other, call), first); // another client's call is its own
  call[3] = std::byte{10};                 // and so is another transaction
  EXPECT_NE(reply_to(client, call), first);
  EXPECT_EQ(control_.calls, 3);
}

TEST_F(Serving, PortsFileNamesThePortsWhileTheServiceRuns) {
  EXPECT_EQ(read_ports_file(file_).value(), service_->ports());
  service_->stop();
  EXPECT_FALSE(read_ports_file(file_));
}

TEST_F(Serving, PortsFileOfAnotherDaemonThatAnswersIsLeftAlone) {
  const ServicePorts first = service_->ports();
  Service second(control_, {.remote = false, .register_with_rpcbind = false, .ports_file = file_});
  ASSERT_TRUE(second.start());
  EXPECT_EQ(read_ports_file(file_).value(), first);
  second.stop();
  EXPECT_EQ(read_ports_file(file_).value(), first);
}

TEST_F(Serving, PortsFileOfADeadDaemonIsReplaced) {
  service_->stop();
  ASSERT_TRUE(write_ports_file(file_, {.udp = 1, .tcp = 1}));
  start();
  EXPECT_EQ(read_ports_file(file_).value(), service_->ports());
}

TEST_F(Serving, StopIsRepeatable) {
  service_->stop();
  service_->stop();
}

TEST(PortsFile, MalformedContentsAreRefused) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("openl2tp-ports-" + std::to_string(getpid()))).string();
  for (const char* text : {"", "udp", "udp x\n", "udp 70000\n", "sctp 5\n"}) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    std::fputs(text, file);
    std::fclose(file);
    EXPECT_FALSE(read_ports_file(path)) << text;
  }
  std::filesystem::remove(path);
}

TEST(CallerAt, ReservedPortOverLoopbackIsRoot) {
  const auto judged = [](std::uint32_t address, std::uint16_t port) {
    sockaddr_storage peer{};
    auto& in = reinterpret_cast<sockaddr_in&>(peer);
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(address);
    in.sin_port = htons(port);
    const Caller caller = caller_at(peer);
    return std::pair(caller.local, caller.privileged);
  };
  EXPECT_EQ(judged(0x7f000001, 1023), std::pair(true, true));
  EXPECT_EQ(judged(0x7f000001, 1024), std::pair(true, false));
  EXPECT_EQ(judged(0xc0a80001, 1023), std::pair(false, false));
}

TEST(CallerAt, MappedLoopbackOfADualStackSocketIsLocal) {
  sockaddr_storage peer{};
  auto& in = reinterpret_cast<sockaddr_in6&>(peer);
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(700);
  ASSERT_EQ(inet_pton(AF_INET6, "::ffff:127.0.0.1", &in.sin6_addr), 1);
  EXPECT_TRUE(caller_at(peer).privileged);
  ASSERT_EQ(inet_pton(AF_INET6, "::ffff:192.0.2.1", &in.sin6_addr), 1);
  EXPECT_FALSE(caller_at(peer).local);
  ASSERT_EQ(inet_pton(AF_INET6, "::1", &in.sin6_addr), 1);
  EXPECT_TRUE(caller_at(peer).local);
}

} // namespace
} // namespace openl2tp::rpc
