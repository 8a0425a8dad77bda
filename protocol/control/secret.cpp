// Storing, comparing and wiping a shared secret.
#include "protocol/control/secret.hpp"

#include <cstring>

#include <nettle/memops.h>

namespace openl2tp::protocol {

Secret::Secret(std::span<const std::byte> octets, std::pmr::memory_resource* memory) : size_(octets.size()) {
  if (octets.empty()) return;
  auto* copy = static_cast<std::byte*>(memory->allocate(octets.size(), 1));
  std::memcpy(copy, octets.data(), octets.size());
  const auto wipe = [memory, size = octets.size()](const std::byte* owned) {
    auto* octets_of = const_cast<std::byte*>(owned); // ours since allocate()
    explicit_bzero(octets_of, size);
    memory->deallocate(octets_of, size, 1);
  };
  octets_ = std::shared_ptr<const std::byte[]>(copy, wipe);
}

Secret::Secret(std::string_view text, std::pmr::memory_resource* memory)
    : Secret(std::as_bytes(std::span(text)), memory) {}

bool operator==(const Secret& a, const Secret& b) noexcept {
  if (a.size_ != b.size_) return false;
  return a.size_ == 0 || nettle_memeql_sec(a.octets_.get(), b.octets_.get(), a.size_) != 0;
}

} // namespace openl2tp::protocol
