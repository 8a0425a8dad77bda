#include "protocol/control/secret.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace openl2tp::protocol {
namespace {

/// Notes what memory held when it came back.
struct WatchingResource final : std::pmr::memory_resource {
  std::optional<bool> returned_wiped;

 private:
  void* do_allocate(std::size_t octets, std::size_t alignment) override {
    return std::pmr::new_delete_resource()->allocate(octets, alignment);
  }
  void do_deallocate(void* memory, std::size_t octets, std::size_t alignment) override {
    const auto* begin = static_cast<const std::byte*>(memory);
    returned_wiped = std::all_of(begin, begin + octets, [](std::byte b) { return b == std::byte{0}; });
    std::pmr::new_delete_resource()->deallocate(memory, octets, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

template <class T>
concept Printable = requires(std::ostringstream& stream, const T& value) { stream << value; };

TEST(Secret, IsWipedWhenTheLastCopyGoes) {
  WatchingResource memory;
  std::optional<Secret> first(std::in_place, "correct horse battery", &memory);
  std::optional<Secret> second = first;
  first.reset();
  EXPECT_FALSE(memory.returned_wiped.has_value());
  EXPECT_EQ(second->size(), 21U);
  second.reset();
  EXPECT_EQ(memory.returned_wiped, true);
}

TEST(Secret, CopiesShareTheirMemory) {
  const Secret a("shared");
  const Secret b = a; // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(a.octets().data(), b.octets().data());
}

TEST(Secret, ComparesByValue) {
  EXPECT_EQ(Secret("same"), Secret("same"));
  EXPECT_NE(Secret("same"), Secret("samE"));
  EXPECT_NE(Secret("same"), Secret("same longer"));
  EXPECT_NE(Secret("same"), Secret());
  EXPECT_EQ(Secret(), Secret(""));
}

TEST(Secret, AnEmptyOneIsNone) {
  EXPECT_TRUE(Secret().empty());
  EXPECT_TRUE(Secret("").empty());
  EXPECT_EQ(Secret().octets().size(), 0U);
  EXPECT_FALSE(Secret("x").empty());
}

TEST(Secret, KeepsNulOctets) { EXPECT_EQ(Secret(std::string_view("a\0b", 3)).size(), 3U); }

TEST(Secret, CannotBePrintedByAccident) {
  EXPECT_FALSE(Printable<Secret>);
  EXPECT_TRUE(Printable<int>);
}

} // namespace
} // namespace openl2tp::protocol
