// IPv4 addresses for peers. Each is given to one holder at a time; a user gets the address that it had, as long as
// nobody needed it. Not for several threads at once: who shares a pool locks it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "plugins/ppp_engine/ipv4.hpp"

namespace openl2tp::ppp {

class AddressPool {
 public:
  static constexpr std::size_t addresses_max = 1 << 20;
  static constexpr std::size_t ranges_max = 64;

  /// An address, held. Gives it back when it goes, on whatever path. May outlive the pool.
  class Lease {
   public:
    Lease() noexcept = default;
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { release(); }
    void release() noexcept;
    [[nodiscard]] bool holds() const noexcept { return !address_.empty(); }
    [[nodiscard]] Ipv4 address() const noexcept { return address_; }

   private:
    friend class AddressPool;
    struct Books;
    Lease(std::shared_ptr<Books> books, std::uint32_t slot, Ipv4 address) noexcept;
    std::shared_ptr<Books> books_;
    std::uint32_t slot_ = 0;
    Ipv4 address_;
  };

  enum class RangeError : std::uint8_t {
    empty,       // no range at all
    malformed,   // not "a.b.c.d", "a.b.c.d-a.b.c.d" or "a.b.c.d/n"
    descending,  // the last address is below the first
    unusable,    // 0/8, 127/8, 224/4 and above
    overlapping, // with another range
    too_many,    // ranges or addresses
  };
  [[nodiscard]] static std::string_view name(RangeError error) noexcept;

  /// Ranges, separated by commas or blanks. Of a prefix shorter than 31 the first and the last address are left out.
  [[nodiscard]] static tl::expected<AddressPool, RangeError> parse(std::string_view text);

  AddressPool(AddressPool&&) noexcept = default;
  AddressPool& operator=(AddressPool&&) noexcept = default;

  /// The address that `user` had last, where it is free; else one that nobody had; else the one that has been free for
  /// the longest time. @return nullopt when all are held. An empty user, and the second session of one, has no history.
  [[nodiscard]] std::optional<Lease> take(std::string_view user);
  /// That very address, which the profile or an authority fixed. @return nullopt when it is held. One outside of the
  /// ranges is not the pool's: a lease that holds nothing. `user` has it as its history; empty: nobody.
  [[nodiscard]] std::optional<Lease> take_exactly(Ipv4 address, std::string_view user = {});

  /// Who has or had an address.
  struct Known {
    Ipv4 address;
    std::string user;
    bool held = false;
  };
  /// Puts what is known of `most` addresses at most into `out`, which keeps what it has. `from`: 0, then what the last
  /// call returned, until that is nullopt: for a caller that gives others the pool in between.
  [[nodiscard]] std::optional<std::size_t> list_known(std::size_t from, std::size_t most,
                                                      std::vector<Known>& out) const;
  /// `user` had the address once. Of no effect where it is held or not the pool's, or the user has another.
  void remember(std::string_view user, Ipv4 address);

  [[nodiscard]] bool contains(Ipv4 address) const noexcept;
  /// Who has or had the address; empty: nobody who is remembered. Valid until the next call of another function.
  [[nodiscard]] std::string_view user_of(Ipv4 address) const noexcept;
  /// The address that `user` has or would get again.
  [[nodiscard]] std::optional<Ipv4> address_of(std::string_view user) const;
  [[nodiscard]] bool overlaps(const AddressPool& other) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::size_t held() const noexcept;

 private:
  explicit AddressPool(std::shared_ptr<Lease::Books> books) noexcept : books_(std::move(books)) {}
  [[nodiscard]] Lease hand_out(std::uint32_t slot, std::string_view user);
  std::shared_ptr<Lease::Books> books_;
};

} // namespace openl2tp::ppp
