// The secret that two tunnel ends share, for authentication (RFC 2661 §5.1.1) and AVP hiding (§4.3). Keeps it out of
// logs and of memory that has been freed; what is computed with it is not known here.
#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>

namespace openl2tp::protocol {

/// An immutable secret. Copies share one piece of memory, which is wiped when the last of them goes; they may be held
/// and dropped by different threads. There is no way to print one; who must show it says octets() in so many words.
class Secret {
 public:
  /// No secret.
  Secret() noexcept = default;
  /// A copy of `octets`; none when it is empty. `memory` outlives all copies.
  explicit Secret(std::span<const std::byte> octets,
                  std::pmr::memory_resource* memory = std::pmr::new_delete_resource());
  explicit Secret(std::string_view text, std::pmr::memory_resource* memory = std::pmr::new_delete_resource());

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Valid as long as this or any copy lives.
  [[nodiscard]] std::span<const std::byte> octets() const noexcept { return {octets_.get(), size_}; }

  /// Takes the same time wherever two secrets of equal length differ.
  friend bool operator==(const Secret& a, const Secret& b) noexcept;

  template <class Stream>
  friend Stream& operator<<(Stream& stream, const Secret& secret) = delete;

 private:
  std::shared_ptr<const std::byte[]> octets_;
  std::size_t size_ = 0;
};

} // namespace openl2tp::protocol
