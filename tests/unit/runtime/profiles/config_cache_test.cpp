#include "runtime/profiles/config_cache.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace openl2tp::runtime {
namespace {

struct Key {
  std::size_t number;
  bool operator==(const Key&) const = default;
  [[nodiscard]] std::size_t hash() const noexcept { return number % 3; } // many share a place
};

TEST(ConfigCache, FindsWhatWasAddedAndNothingElse) {
  ConfigCache<Key, int> cache(1);
  const auto one = std::make_shared<const int>(1);
  cache.add(Key{1}, one);
  cache.add(Key{4}, std::make_shared<const int>(4));
  EXPECT_EQ(cache.find(Key{1}), one);
  EXPECT_EQ(*cache.find(Key{4}), 4);
  EXPECT_EQ(cache.find(Key{7}), nullptr);
}

TEST(ConfigCache, KeepsNothingMoreWhenFull) {
  ConfigCache<Key, int> cache(16); // room for 2 * 16 + 1,024
  const auto value = std::make_shared<const int>(0);
  for (std::size_t i = 0; i < 2000; ++i)
    cache.add(Key{i}, value);
  EXPECT_EQ(cache.find(Key{1055}), value);
  EXPECT_EQ(cache.find(Key{1056}), nullptr);
  EXPECT_EQ(value.use_count(), 1056 + 1);
}

TEST(ConfigCache, MayBeUsedByManyThreads) {
  ConfigCache<Key, std::size_t> cache(64);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, &wrong] {
      for (std::size_t i = 0; i < 200; ++i) {
        auto value = cache.find(Key{i});
        if (!value) {
          value = std::make_shared<const std::size_t>(i);
          cache.add(Key{i}, value);
        }
        if (*value != i) wrong.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(wrong.load(), 0);
  for (std::size_t i = 0; i < 200; ++i) {
    ASSERT_TRUE(cache.find(Key{i}));
    EXPECT_EQ(*cache.find(Key{i}), i);
  }
}

} // namespace
} // namespace openl2tp::runtime
