// Calls that come twice over UDP: what is remembered, for whom, how long and how much of it.
#include <gtest/gtest.h>

#include <netinet/in.h>

#include "tools/rpc/duplicate_cache.hpp"

namespace openl2tp::rpc {
namespace {

using Verdict = DuplicateCache::Verdict;
using std::chrono::seconds;

sockaddr_storage from(std::uint32_t address, std::uint16_t port) {
  sockaddr_storage storage{};
  auto& in = reinterpret_cast<sockaddr_in&>(storage);
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(address);
  in.sin_port = htons(port);
  return storage;
}

sockaddr_storage from_v6(std::uint8_t last, std::uint16_t port) {
  sockaddr_storage storage{};
  auto& in = reinterpret_cast<sockaddr_in6&>(storage);
  in.sin6_family = AF_INET6;
  in.sin6_addr.s6_addr[15] = last;
  in.sin6_port = htons(port);
  return storage;
}

/// A call of `size` octets with transaction id `xid`, filled with `fill`.
std::vector<std::byte> call_of(std::uint32_t xid, std::size_t size = 40, int fill = 0) {
  std::vector<std::byte> call(size, static_cast<std::byte>(fill));
  for (std::size_t i = 0; i < 4; ++i)
    call[i] = static_cast<std::byte>(xid >> (24 - 8 * i) & 0xff);
  return call;
}

class Duplicates : public ::testing::Test {
 protected:
  Verdict judge(const std::vector<std::byte>& call, const sockaddr_storage& peer) {
    const auto judged = cache_.judge(call, peer, now_);
    reply_.assign(judged.reply.begin(), judged.reply.end());
    return judged.verdict;
  }
  const sockaddr_storage peer_ = from(0x7f000001, 700);
  DuplicateCache cache_;
  DuplicateCache::Clock::time_point now_{};
  std::vector<std::byte> reply_;
};

TEST_F(Duplicates, SecondCallGetsTheReplyOfTheFirst) {
  const auto call = call_of(7), reply = call_of(7, 28, 9);
  EXPECT_EQ(judge(call, peer_), Verdict::fresh);
  cache_.answered(call, peer_, reply);
  EXPECT_EQ(judge(call, peer_), Verdict::answered);
  EXPECT_EQ(reply_, reply);
}

TEST_F(Duplicates, CallThatComesAgainBeforeItsAnswerIsUnderWay) {
  EXPECT_EQ(judge(call_of(7), peer_), Verdict::fresh);
  EXPECT_EQ(judge(call_of(7), peer_), Verdict::under_way);
}

TEST_F(Duplicates, OtherAddressPortFamilyAndTransactionAreOtherCalls) {
  EXPECT_EQ(judge(call_of(7), peer_), Verdict::fresh);
  EXPECT_EQ(judge(call_of(7), from(0x7f000002, 700)), Verdict::fresh);
  EXPECT_EQ(judge(call_of(7), from(0x7f000001, 701)), Verdict::fresh);
  EXPECT_EQ(judge(call_of(7), from_v6(1, 700)), Verdict::fresh);
  EXPECT_EQ(judge(call_of(7), from_v6(2, 700)), Verdict::fresh);
  EXPECT_EQ(judge(call_of(8), peer_), Verdict::fresh);
  EXPECT_EQ(cache_.size(), 6u);
}

TEST_F(Duplicates, TransactionIdUsedForAnotherCallIsThatCall) {
  const auto first = call_of(7, 40, 1), second = call_of(7, 40, 2);
  EXPECT_EQ(judge(first, peer_), Verdict::fresh);
  cache_.answered(first, peer_, call_of(7, 28));
  EXPECT_EQ(judge(second, peer_), Verdict::fresh);
  EXPECT_EQ(judge(second, peer_), Verdict::under_way);
  EXPECT_EQ(cache_.size(), 1u);
}

TEST_F(Duplicates, NothingIsRememberedBeyondItsTime) {
  EXPECT_EQ(judge(call_of(7), peer_), Verdict::fresh);
  cache_.answered(call_of(7), peer_, call_of(7, 28));
  now_ += DuplicateCache::kLifetime;
  EXPECT_EQ(judge(call_of(7), peer_), Verdict::answered);
  now_ += seconds(1);
  EXPECT_EQ(judge(call_of(7), peer_), Verdict::fresh);
}

TEST_F(Duplicates, AnswerThatWasForgottenIsNotKept) {
  EXPECT_EQ(judge(call_of(7), peer_), Verdict::fresh);
  cache_.forget(call_of(7), peer_);
  cache_.answered(call_of(7), peer_, call_of(7, 28));
  EXPECT_EQ(judge(call_of(7), peer_), Verdict::fresh);
}

TEST_F(Duplicates, CallsAreBoundedInNumberAndTheOldestGoes) {
  for (std::uint32_t xid = 0; xid <= DuplicateCache::kCallsMax; ++xid)
    EXPECT_EQ(judge(call_of(xid), peer_), Verdict::fresh);
  EXPECT_EQ(cache_.size(), DuplicateCache::kCallsMax);
  EXPECT_EQ(judge(call_of(1), peer_), Verdict::under_way);
  EXPECT_EQ(judge(call_of(0), peer_), Verdict::fresh);
}

TEST_F(Duplicates, CallsAndRepliesAreBoundedInOctets) {
  const std::size_t size = 65'507; // the longest datagram
  for (std::uint32_t xid = 0; xid < 200; ++xid) {
    EXPECT_EQ(judge(call_of(xid, size), peer_), Verdict::fresh);
    cache_.answered(call_of(xid, size), peer_, call_of(xid, 8800));
    EXPECT_LE(cache_.octets(), DuplicateCache::kOctetsMax);
  }
  EXPECT_EQ(judge(call_of(199, size), peer_), Verdict::answered);
}

TEST_F(Duplicates, CallReplacedByAnotherLeavesNoOctetsBehind) {
  for (int fill = 0; fill < 5000; ++fill) // more than are remembered
    EXPECT_EQ(judge(call_of(7, 40 + static_cast<std::size_t>(fill % 3), fill), peer_), Verdict::fresh);
  EXPECT_EQ(cache_.size(), 1u);
  EXPECT_LE(cache_.octets(), 42u);
}

TEST_F(Duplicates, WhatIsTooShortForATransactionIdIsNotRemembered) {
  const std::vector<std::byte> call(3);
  EXPECT_EQ(judge(call, peer_), Verdict::fresh);
  EXPECT_EQ(judge(call, peer_), Verdict::fresh);
  EXPECT_EQ(cache_.size(), 0u);
}

} // namespace
} // namespace openl2tp::rpc
