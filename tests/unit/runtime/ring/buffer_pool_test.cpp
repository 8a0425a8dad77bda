// What of a pool's memory is real.
#include "runtime/ring/buffer_pool.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace openl2tp::runtime {
namespace {

constexpr std::size_t page = 4096;

/// Pages of a buffer that are in memory. The buffer begins on a page.
std::size_t resident_pages(std::span<std::byte> buffer) {
  std::vector<unsigned char> pages(buffer.size() / page);
  EXPECT_EQ(::mincore(buffer.data(), buffer.size(), pages.data()), 0);
  return static_cast<std::size_t>(std::ranges::count_if(pages, [](unsigned char one) { return (one & 1) != 0; }));
}

TEST(BufferPool, ALargeBufferCostsMemoryOnlyWhileItIsFull) {
  BufferPool pool(0, 2, 17 * page);
  const std::span<std::byte> buffer = pool.buffer(1);
  EXPECT_EQ(resident_pages(buffer), 0U);
  std::memset(buffer.data(), 1, 100);
  EXPECT_EQ(resident_pages(buffer), 1U);
  pool.give_back(1, 100);
  EXPECT_EQ(resident_pages(pool.buffer(1)), 1U);
  std::memset(buffer.data(), 1, buffer.size());
  EXPECT_EQ(resident_pages(buffer), 17U);
  pool.give_back(1, buffer.size());
  EXPECT_EQ(resident_pages(pool.buffer(1)), BufferPool::resident_octets / page);
}

TEST(BufferPool, AFullBufferLeavesItsNeighboursAlone) {
  BufferPool pool(0, 4, 6 * page + 64); // no whole number of pages
  for (std::uint16_t id = 0; id < 4; ++id)
    std::memset(pool.buffer(id).data(), id + 1, pool.size());
  pool.give_back(1, pool.size());
  for (const std::uint16_t id : std::initializer_list<std::uint16_t>{0, 2, 3})
    EXPECT_TRUE(std::ranges::all_of(pool.buffer(id), [&](std::byte one) { return one == std::byte(id + 1); })) << id;
}

} // namespace
} // namespace openl2tp::runtime
