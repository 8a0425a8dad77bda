// In steady state a received message costs no memory from the heap. The global operator new of the test program counts.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace {

std::atomic<std::size_t> allocations{0};

void* counted(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* counted(std::size_t size, std::align_val_t alignment) noexcept {
  ++allocations;
  const auto align = static_cast<std::size_t>(alignment);
  return std::aligned_alloc(align, (size + align - 1) / align * align);
}

} // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  if (void* memory = counted(size, alignment)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return counted(size, alignment);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept { std::free(memory); }

namespace openl2tp::protocol::test {
namespace {

/// An established tunnel with an established call of each side, and prepared octets that are sent again and again with
/// new sequence numbers.
struct SteadyState : testing::Test {
  Bench bench;
  RawPeer peer{bench};
  std::uint16_t incoming = 0, outgoing = 0;
  ActionBatch batch;

  SteadyState() {
    peer.establish();
    peer.send(an_icrq(5));
    incoming = bench.last<SessionCreated>().session.value;
    peer.send(an_iccn(), incoming);
    auto settings = std::make_shared<SessionSettings>();
    settings->type = SessionType::lac_incoming;
    outgoing = bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now)->value;
    peer.take();
    peer.send(Icrp{.assigned_session_id = 6}, outgoing);
    peer.acknowledge();
  }
  /// Allocations while `rounds` copies of `octets` arrive, each in its place, acknowledgements and all.
  std::size_t cost(Bytes octets, bool in_sequence, int rounds) {
    const std::size_t before = allocations;
    for (int i = 0; i < rounds; ++i) {
      if (in_sequence) {
        patch_sequence(octets, peer.ns, peer.nr);
        ++peer.ns;
      }
      bench.now += Duration{20};
      bench.engine.handle_datagram(octets, {.path = {lns_endpoint, lac_endpoint}}, bench.now);
      bench.engine.handle_timeout(bench.now);
      bench.engine.take_actions(batch);
    }
    return allocations - before;
  }
  void expect_free(const Bytes& octets, bool in_sequence = true) {
    cost(octets, in_sequence, 300); // warm
    EXPECT_EQ(cost(octets, in_sequence, 3000), 0u);
  }
};

TEST_F(SteadyState, TheCounterOfThisTestCounts) {
  const std::size_t before = allocations;
  ::operator delete(::operator new(sizeof(int))); // a new-expression might be optimised away
  EXPECT_EQ(allocations - before, 1u);
}

TEST_F(SteadyState, HelloCostsNoHeap) { expect_free(peer.datagram(body_of(Hello{}), 0, 0)); }

TEST_F(SteadyState, SliCostsNoHeap) { expect_free(peer.datagram(body_of(Sli{}), outgoing, 0)); }

TEST_F(SteadyState, WenCostsNoHeap) { expect_free(peer.datagram(body_of(Wen{}), incoming, 0)); }

TEST_F(SteadyState, AZlbCostsNoHeap) { expect_free(peer.datagram({}, 0, peer.ns), false); }

TEST_F(SteadyState, ADuplicateCostsNoHeap) { expect_free(peer.datagram(body_of(Hello{}), 0, 1), false); }

TEST_F(SteadyState, AMessageBeyondTheWindowCostsNoHeap) {
  expect_free(peer.datagram(body_of(Hello{}), 0, static_cast<std::uint16_t>(peer.ns + 500)), false);
}

TEST_F(SteadyState, AMessageForAnUnknownTunnelCostsNoHeap) {
  peer.ours ^= 1;
  expect_free(peer.datagram(body_of(Hello{}), 0, 0), false);
}

TEST_F(SteadyState, ADataFrameForNobodyCostsNoHeap) { expect_free(hex("0002 1234 5678 ff03 c021"), false); }

} // namespace
} // namespace openl2tp::protocol::test
