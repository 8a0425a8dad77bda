#include "plugins/ppp_kernel/packet_io.hpp"

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include <sys/socket.h>

#include <gtest/gtest.h>

#include "plugins/ppp_kernel/network.hpp"

namespace openl2tp::ppp_kernel {

namespace {

class PacketIoTest : public testing::Test {
 protected:
  PacketIoTest() {
    std::array<int, 2> pair{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair.data()), 0);
    ours = Descriptor(pair[0]);
    theirs = Descriptor(pair[1]);
  }
  void put(const std::string& text) { EXPECT_GT(send(theirs.get(), text.data(), text.size(), 0), 0); }
  std::vector<std::string> read(std::size_t count) {
    std::vector<std::array<char, 100>> memory(count);
    std::vector<iovec> slots;
    for (auto& one : memory)
      slots.push_back({one.data(), one.size()});
    std::vector<std::string> packets;
    const std::size_t got = io.read(ours.get(), slots);
    for (const iovec& slot : std::span(slots).first(got))
      packets.emplace_back(static_cast<const char*>(slot.iov_base), slot.iov_len);
    return packets;
  }

  Descriptor ours, theirs;
  PacketIo io;
};

TEST_F(PacketIoTest, ReadsAPacketIntoEachSlotInOrder) {
  for (const std::size_t slots : {1U, 2U, 10U, 64U}) {
    std::vector<std::string> sent;
    for (std::size_t i = 0; i < slots; ++i)
      put(sent.emplace_back("packet " + std::to_string(i)));
    EXPECT_EQ(read(slots), sent);
  }
}

TEST_F(PacketIoTest, TellsThatThereIsNothingMore) {
  EXPECT_TRUE(read(1).empty());
  EXPECT_TRUE(read(64).empty());
  put("one");
  EXPECT_EQ(read(64), std::vector<std::string>{"one"});
}

TEST_F(PacketIoTest, LeavesWhatDoesNotFitIntoTheSlots) {
  for (int i = 0; i < 6; ++i)
    put(std::to_string(i));
  EXPECT_EQ(read(4).size(), 4U);
  EXPECT_EQ(read(4), (std::vector<std::string>{"4", "5"}));
}

TEST_F(PacketIoTest, WritesPacketsOfPartsInOrder) {
  for (const std::size_t count : {1U, 5U, 100U}) {
    std::string a = "ab", b = "cde";
    std::vector<std::array<iovec, 2>> parts(count, {iovec{a.data(), a.size()}, iovec{b.data(), b.size()}});
    parts.back()[1].iov_len = 1;
    const std::vector<std::span<const iovec>> packets(parts.begin(), parts.end());
    EXPECT_EQ(io.write(ours.get(), packets), count);
    std::array<char, 100> text{};
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_EQ(recv(theirs.get(), text.data(), text.size(), MSG_DONTWAIT), i + 1 == count ? 3 : 5);
    EXPECT_EQ(recv(theirs.get(), text.data(), text.size(), MSG_DONTWAIT), -1);
  }
}

TEST_F(PacketIoTest, CountsWhatIsNotTaken) {
  theirs = Descriptor(); // nobody listens: EPIPE
  std::string text = "lost";
  const iovec part{text.data(), text.size()};
  const std::vector<std::span<const iovec>> packets(10, std::span(&part, 1));
  signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(io.write(ours.get(), packets), 0U);
}

} // namespace

} // namespace openl2tp::ppp_kernel
