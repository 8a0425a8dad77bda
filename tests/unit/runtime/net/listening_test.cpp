// Real sockets on loopback: who may listen beside whom. The other programs are sockets of this process, which the
// kernel treats as it would those of any process of this user.
#include "runtime/net/listening.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "runtime/net/port_holders.hpp"
#include "runtime/net/socket_address.hpp"
#include "tests/unit/runtime/service/daemon.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::Endpoint;
using protocol::IpAddress;
using testing::free_port;
using testing::here;
using testing::loopback_v6;

enum class Reuse : std::uint8_t { none, address, port, both };

/// A socket as another program opens it. @return empty with errno when the kernel refuses.
UniqueFd other_program(const Endpoint& local, Reuse reuse, bool both_families = false) {
  SocketAddress address;
  const socklen_t length = to_socket_address(local, address);
  UniqueFd fd(::socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int on = 1, v6_only = both_families ? 0 : 1;
  if (local.address.family == 6) (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
  if (reuse == Reuse::address || reuse == Reuse::both)
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse == Reuse::port || reuse == Reuse::both)
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (::bind(fd.get(), &address.any, length) != 0) return {};
  return fd;
}

ListeningOptions on(std::vector<IpAddress> addresses, std::uint16_t port, std::size_t shards = 2) {
  return {.addresses = std::move(addresses), .port = port, .shards = shards, .patience = std::chrono::milliseconds(0)};
}

struct Pair {
  const char* name;
  IpAddress other, ours;
};

class Taken : public ::testing::TestWithParam<std::tuple<Pair, Reuse>> {};

TEST_P(Taken, IsRefusedWithTheNameOfTheProcess) {
  const auto& [pair, reuse] = GetParam();
  const std::uint16_t port = free_port();
  const UniqueFd other = other_program({.address = pair.other, .port = port}, reuse);
  ASSERT_TRUE(other) << errno;
  const auto opened = open_listening_sockets(on({pair.ours}, port));
  ASSERT_FALSE(opened);
  const std::string expected = "cannot listen on " + to_string(Endpoint{.address = pair.ours, .port = port}) +
                               ": it is in use by process " + std::to_string(::getpid()) + " (";
  EXPECT_EQ(opened.error().substr(0, expected.size()), expected) << opened.error();
  EXPECT_NE(opened.error().find(") on " + to_string(Endpoint{.address = pair.other, .port = port})), std::string::npos)
      << opened.error();
}

const Pair pairs[] = {
    {"SameAddress", here(1), here(1)},
    {"AnyBesideOurAddress", IpAddress::any_v4(), here(1)},
    {"AddressBesideOurAny", here(1), IpAddress::any_v4()},
    {"AnyBesideOurAny", IpAddress::any_v4(), IpAddress::any_v4()},
    {"SameAddressV6", loopback_v6(), loopback_v6()},
    {"AnyBesideOurAddressV6", IpAddress::any_v6(), loopback_v6()},
    {"AddressBesideOurAnyV6", loopback_v6(), IpAddress::any_v6()},
};

std::string name_of_taken(const ::testing::TestParamInfo<Taken::ParamType>& test) {
  static constexpr const char* names[] = {"Plain", "ReuseAddress", "ReusePort", "ReuseBoth"};
  return std::string(std::get<0>(test.param).name) + names[static_cast<int>(std::get<1>(test.param))];
}

INSTANTIATE_TEST_SUITE_P(Pairs, Taken,
                         ::testing::Combine(::testing::ValuesIn(pairs),
                                            ::testing::Values(Reuse::none, Reuse::address, Reuse::port, Reuse::both)),
                         name_of_taken);

TEST(Listening, ASocketOfBothFamiliesIsInTheWayOfBoth) {
  const std::uint16_t port = free_port();
  const UniqueFd other = other_program({.address = IpAddress::any_v6(), .port = port}, Reuse::both, true);
  ASSERT_TRUE(other);
  const auto opened = open_listening_sockets(on({here(1)}, port));
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find("process " + std::to_string(::getpid())), std::string::npos) << opened.error();
}

// The default asks for IPv6 where there is IPv6; a taken port is no reason to go without.
TEST(Listening, TheDefaultDoesNotTakeAUsedPortForAHostWithoutIpv6) {
  const std::uint16_t port = free_port();
  const UniqueFd other = other_program({.address = IpAddress::any_v6(), .port = port}, Reuse::port);
  ASSERT_TRUE(other);
  EXPECT_FALSE(open_listening_sockets(on({}, port)));
}

TEST(Listening, AnotherAddressOfTheSamePortIsNotInTheWay) {
  const std::uint16_t port = free_port();
  const UniqueFd other = other_program({.address = here(2), .port = port}, Reuse::none);
  ASSERT_TRUE(other);
  const auto opened = open_listening_sockets(on({here(1)}, port));
  EXPECT_TRUE(opened) << opened.error();
}

class Joining : public ::testing::TestWithParam<Pair> {};

TEST_P(Joining, ProgramsThatSetReuseAddressAreRefusedByTheKernel) {
  const std::uint16_t port = free_port();
  const auto opened = open_listening_sockets(on({GetParam().ours}, port));
  ASSERT_TRUE(opened) << opened.error();
  for (const Reuse reuse : {Reuse::none, Reuse::address}) {
    EXPECT_FALSE(other_program({.address = GetParam().other, .port = port}, reuse));
    EXPECT_EQ(errno, EADDRINUSE);
  }
}

TEST_P(Joining, ASecondDaemonIsRefused) {
  const std::uint16_t port = free_port();
  const auto opened = open_listening_sockets(on({GetParam().ours}, port));
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_FALSE(open_listening_sockets(on({GetParam().other}, port)));
}

TEST_P(Joining, ATunnelsOwnSocketOfThisProcessIsTaken) {
  const std::uint16_t port = free_port();
  const auto opened = open_listening_sockets(on({GetParam().ours}, port));
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_TRUE(open_tunnel_socket({.address = GetParam().other, .port = port}, {}));
  EXPECT_TRUE(open_udp_socket({.address = GetParam().other, .port = port}, {.share_port = true}));
}

INSTANTIATE_TEST_SUITE_P(Pairs, Joining, ::testing::ValuesIn(pairs),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Listening, AnyAddressAndOneOfItsFamilyCanBeAskedForTogether) {
  for (const auto& addresses : {std::vector{here(1), IpAddress::any_v4(), here(1)},
                                std::vector{IpAddress::any_v4(), here(1)}, std::vector{here(1), here(2)}}) {
    const auto opened = open_listening_sockets(on(addresses, free_port()));
    ASSERT_TRUE(opened) << opened.error();
    ASSERT_EQ(opened->groups.size(), 2U); // each address once, in the order asked for
    EXPECT_EQ(opened->groups[0].front().local.address, addresses[0]);
    EXPECT_EQ(opened->groups[1].front().local.address, addresses[1]);
    EXPECT_EQ(opened->groups[0].size(), 2U);
  }
}

// The kernel closes what a killed process had a little after its end.
TEST(Listening, WaitsForASocketThatNoProcessHasAnyMore) {
  const std::uint16_t port = free_port();
  UniqueFd other = other_program({.address = here(1), .port = port}, Reuse::none);
  ASSERT_TRUE(other);
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  UniqueFd near(ends[0]), far(ends[1]);
  // On its way through a socket the descriptor belongs to no process.
  char octet = 0;
  iovec data{&octet, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(int));
  const int fd = other.get();
  std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
  ASSERT_EQ(::sendmsg(near.get(), &message, 0), 1);
  other.reset();
  const auto refused = open_listening_sockets(on({here(1)}, port));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("a process that cannot be seen from here"), std::string::npos) << refused.error();

  std::thread closer([&near, &far] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    near.reset();
    far.reset();
  });
  ListeningOptions patient = on({here(1)}, port);
  patient.patience = std::chrono::seconds(60);
  const auto opened = open_listening_sockets(patient);
  closer.join();
  EXPECT_TRUE(opened) << opened.error();
}

TEST(Listening, OfManyThatStartAtOnceOneGetsThePort) {
  const std::uint16_t port = free_port();
  const IpAddress address = here(1); // of this process, not of a child
  constexpr int starters = 8;
  int ready[2], results[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(results, O_CLOEXEC), 0);
  UniqueFd gate(ready[0]), opener(ready[1]), told(results[0]), telling(results[1]);
  std::vector<pid_t> children;
  for (int i = 0; i < starters; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      opener.reset();
      char octet;
      (void)!::read(gate.get(), &octet, 1); // ends for all at once
      const auto opened = open_listening_sockets(on({address}, port));
      octet = opened ? '+' : '-';
      (void)!::write(telling.get(), &octet, 1);
      ::pause(); // holds what it has until all have answered
      ::_exit(0);
    }
    children.push_back(child);
  }
  opener.reset();
  telling.reset();
  int got = 0;
  for (int i = 0; i < starters; ++i) {
    char octet = 0;
    ASSERT_EQ(::read(told.get(), &octet, 1), 1);
    got += octet == '+';
  }
  for (const pid_t child : children) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  EXPECT_EQ(got, 1);
}

TEST(TunnelSocket, AForeignSocketOnItsPortIsRefusedByName) {
  const std::uint16_t port = free_port();
  const IpAddress address = here(1); // of this process, not of a child
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  UniqueFd reading(ends[0]), writing(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    const UniqueFd other = other_program({.address = address, .port = port}, Reuse::both);
    const char octet = other ? '+' : '-';
    (void)!::write(writing.get(), &octet, 1);
    ::pause();
    ::_exit(0);
  }
  char octet = 0;
  ASSERT_EQ(::read(reading.get(), &octet, 1), 1);
  ASSERT_EQ(octet, '+');
  const auto opened = open_tunnel_socket({.address = address, .port = port}, {});
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().error, EADDRINUSE);
  EXPECT_NE(opened.error().text.find("in use by process " + std::to_string(child) + " ("), std::string::npos)
      << opened.error().text;
}

TEST(PortHolders, ReadsRowsOfTheKernelsTables) {
  PortHolder holder;
  ASSERT_TRUE(
      parse_udp_row("  12: 0100007F:06A5 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
                    "19324 2 0000000000000000 0",
                    4, holder));
  EXPECT_EQ(holder.local, (Endpoint{.address = IpAddress::v4(127, 0, 0, 1), .port = 1701}));
  EXPECT_EQ(holder.inode, 19324U);
  ASSERT_TRUE(parse_udp_row("  12: 00000000000000000000000001000000:06A5 00000000000000000000000000000000:0000 07 "
                            "00000000:00000000 00:00000000 00000000     0        0 77 2 0000000000000000 0",
                            6, holder));
  EXPECT_EQ(holder.local, (Endpoint{.address = loopback_v6(), .port = 1701}));
  EXPECT_EQ(holder.inode, 77U);
  EXPECT_FALSE(
      parse_udp_row("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
                    "inode ref pointer drops",
                    4, holder));
  EXPECT_FALSE(parse_udp_row("", 4, holder));
}

} // namespace
} // namespace openl2tp::runtime
