#include "plugins/ppp_engine/address_pool.hpp"

#include <algorithm>
#include <utility>

namespace openl2tp::ppp {

/// A slot is an address by its place in the ranges. Free slots stand in a list, the one that was freed last at its end;
/// those that nobody ever had stand in front, or are the last slots and have no entry yet.
struct AddressPool::Lease::Books {
  struct Range {
    std::uint32_t first = 0, last = 0;
    std::uint32_t slot = 0; // of `first`
  };
  struct Slot {
    std::uint32_t before = none, after = none; // in the list of free ones
    bool held = false;
    std::string user; // who has or had it; empty: nobody to remember
  };
  static constexpr std::uint32_t none = 0xffffffff;

  std::vector<Range> ranges; // ascending
  std::vector<Slot> slots;   // as many as were ever needed
  std::unordered_map<std::string, std::uint32_t> by_user;
  std::uint32_t total = 0, held = 0;
  std::uint32_t oldest = none, newest = none; // ends of the list of free ones

  [[nodiscard]] Ipv4 address(std::uint32_t slot) const noexcept {
    const auto range = std::upper_bound(ranges.begin(), ranges.end(), slot,
                                        [](std::uint32_t s, const Range& r) { return s < r.slot; });
    return {std::prev(range)->first + (slot - std::prev(range)->slot)};
  }
  [[nodiscard]] std::optional<std::uint32_t> slot_of(Ipv4 address) const noexcept {
    const auto range = std::upper_bound(ranges.begin(), ranges.end(), address.value,
                                        [](std::uint32_t a, const Range& r) { return a < r.first; });
    if (range == ranges.begin() || address.value > std::prev(range)->last) return std::nullopt;
    return std::prev(range)->slot + (address.value - std::prev(range)->first);
  }

  void append(std::uint32_t slot) noexcept {
    slots[slot].before = newest;
    slots[slot].after = none;
    (newest == none ? oldest : slots[newest].after) = slot;
    newest = slot;
  }
  void prepend(std::uint32_t slot) noexcept {
    slots[slot].before = none;
    slots[slot].after = oldest;
    (oldest == none ? newest : slots[oldest].before) = slot;
    oldest = slot;
  }
  void unlink(std::uint32_t slot) noexcept {
    const Slot& one = slots[slot];
    (one.before == none ? oldest : slots[one.before].after) = one.after;
    (one.after == none ? newest : slots[one.after].before) = one.before;
  }
  /// Makes entries up to and with `slot`: free ones that nobody had, the lowest of them the next to be given.
  void touch(std::uint32_t slot) {
    const auto first = static_cast<std::uint32_t>(slots.size());
    if (slot < first) return;
    slots.resize(std::size_t{slot} + 1);
    for (std::uint32_t made = slot + 1; made-- > first;)
      prepend(made);
  }
  void remember(std::uint32_t slot, std::string_view user) {
    Slot& one = slots[slot];
    if (one.user == user) return;
    if (!one.user.empty())
      if (const auto old = by_user.find(one.user); old != by_user.end() && old->second == slot) by_user.erase(old);
    one.user = user;
    if (!user.empty()) by_user.insert_or_assign(one.user, slot);
  }
  void give_back(std::uint32_t slot) noexcept {
    slots[slot].held = false;
    --held;
    append(slot);
  }
};

AddressPool::Lease::Lease(std::shared_ptr<Books> books, std::uint32_t slot, Ipv4 address) noexcept
    : books_(std::move(books)), slot_(slot), address_(address) {}

AddressPool::Lease::Lease(Lease&& other) noexcept
    : books_(std::move(other.books_)), slot_(other.slot_), address_(std::exchange(other.address_, Ipv4{})) {}

AddressPool::Lease& AddressPool::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  release();
  books_ = std::move(other.books_);
  slot_ = other.slot_;
  address_ = std::exchange(other.address_, Ipv4{});
  return *this;
}

void AddressPool::Lease::release() noexcept {
  if (books_) books_->give_back(slot_);
  books_.reset();
  address_ = {};
}

std::string_view AddressPool::name(RangeError error) noexcept {
  switch (error) {
  case RangeError::empty: return "no addresses";
  case RangeError::malformed: return "not an address, a range or a prefix";
  case RangeError::descending: return "the last address is below the first";
  case RangeError::unusable: return "addresses that no host can have";
  case RangeError::overlapping: return "ranges overlap";
  case RangeError::too_many: return "more than 64 ranges or 1048576 addresses";
  }
  return "?";
}

namespace {

struct Bounds {
  std::uint32_t first = 0, last = 0;
};

tl::expected<Bounds, AddressPool::RangeError> parse_range(std::string_view text) {
  using Error = AddressPool::RangeError;
  const std::size_t dash = text.find('-'), slash = text.find('/');
  const std::optional<Ipv4> first = Ipv4::parse(text.substr(0, std::min(dash, slash)));
  if (!first) return tl::unexpected(Error::malformed);
  Bounds bounds{first->value, first->value};
  if (dash != std::string_view::npos) {
    const std::optional<Ipv4> last = Ipv4::parse(text.substr(dash + 1));
    if (!last) return tl::unexpected(Error::malformed);
    bounds.last = last->value;
  } else if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    std::uint32_t prefix = digits.empty() || digits.size() > 2 ? 99 : 0;
    for (const char c : digits)
      prefix = c >= '0' && c <= '9' && prefix <= 32 ? prefix * 10 + static_cast<std::uint32_t>(c - '0') : 99;
    if (prefix > 32) return tl::unexpected(Error::malformed);
    const std::uint32_t hosts = prefix == 0 ? ~std::uint32_t{0} : ~(~std::uint32_t{0} << (32 - prefix));
    bounds = {first->value & ~hosts, first->value | hosts};
    if (prefix < 31) {
      ++bounds.first;
      --bounds.last;
    }
  }
  if (bounds.last < bounds.first) return tl::unexpected(Error::descending);
  const bool usable = Ipv4{bounds.first}.usable() && Ipv4{bounds.last}.usable() &&
                      (bounds.last >> 24 < 127 || bounds.first >> 24 > 127);
  if (!usable) return tl::unexpected(Error::unusable);
  return bounds;
}

} // namespace

tl::expected<AddressPool, AddressPool::RangeError> AddressPool::parse(std::string_view text) {
  auto books = std::make_shared<Lease::Books>();
  constexpr std::string_view separators = ", \t\n";
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
    if (text.empty()) break;
    const std::size_t length = std::min(text.find_first_of(separators), text.size());
    const auto bounds = parse_range(text.substr(0, length));
    if (!bounds) return tl::unexpected(bounds.error());
    if (books->ranges.size() == ranges_max) return tl::unexpected(RangeError::too_many);
    books->ranges.push_back({.first = bounds->first, .last = bounds->last});
    text.remove_prefix(length);
  }
  if (books->ranges.empty()) return tl::unexpected(RangeError::empty);
  std::sort(books->ranges.begin(), books->ranges.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < books->ranges.size(); ++i) {
    Lease::Books::Range& range = books->ranges[i];
    if (i > 0 && range.first <= books->ranges[i - 1].last) return tl::unexpected(RangeError::overlapping);
    range.slot = static_cast<std::uint32_t>(total);
    total += std::uint64_t{range.last} - range.first + 1;
    if (total > addresses_max) return tl::unexpected(RangeError::too_many);
  }
  books->total = static_cast<std::uint32_t>(total);
  return AddressPool(std::move(books));
}

AddressPool::Lease AddressPool::hand_out(std::uint32_t slot, std::string_view user) {
  Lease::Books& books = *books_;
  books.unlink(slot);
  books.slots[slot].held = true;
  ++books.held;
  books.remember(slot, user);
  return {books_, slot, books.address(slot)};
}

std::optional<AddressPool::Lease> AddressPool::take(std::string_view user) {
  Lease::Books& books = *books_;
  if (books.held == books.total) return std::nullopt;
  if (!user.empty())
    if (const auto had = books.by_user.find(std::string(user)); had != books.by_user.end()) {
      if (!books.slots[had->second].held) return hand_out(had->second, user);
      user = {}; // the user is here twice, and the first session keeps the history
    }
  // One that nobody had: without an entry yet, or with one that was made on the way to another.
  const bool nameless = books.oldest != Lease::Books::none && books.slots[books.oldest].user.empty();
  if (!nameless && books.slots.size() < books.total) books.touch(static_cast<std::uint32_t>(books.slots.size()));
  return hand_out(books.oldest, user);
}

std::optional<AddressPool::Lease> AddressPool::take_exactly(Ipv4 address, std::string_view user) {
  const std::optional<std::uint32_t> slot = books_->slot_of(address);
  if (!slot) return Lease{};
  books_->touch(*slot);
  if (books_->slots[*slot].held) return std::nullopt;
  return hand_out(*slot, user);
}

std::optional<std::size_t> AddressPool::list_known(std::size_t from, std::size_t most, std::vector<Known>& out) const {
  const auto& slots = books_->slots;
  const std::size_t end = std::min(slots.size(), from + most);
  for (std::size_t i = from; i < end; ++i)
    if (!slots[i].user.empty())
      out.push_back({books_->address(static_cast<std::uint32_t>(i)), slots[i].user, slots[i].held});
  return end < slots.size() ? std::optional(end) : std::nullopt;
}

void AddressPool::remember(std::string_view user, Ipv4 address) {
  const std::optional<std::uint32_t> slot = books_->slot_of(address);
  if (!slot || user.empty() || books_->by_user.contains(std::string(user))) return;
  books_->touch(*slot);
  if (books_->slots[*slot].held) return;
  books_->remember(*slot, user);
  books_->unlink(*slot); // it is not one that nobody had any more
  books_->append(*slot);
}

bool AddressPool::contains(Ipv4 address) const noexcept { return books_->slot_of(address).has_value(); }
std::string_view AddressPool::user_of(Ipv4 address) const noexcept {
  const std::optional<std::uint32_t> slot = books_->slot_of(address);
  return slot && *slot < books_->slots.size() ? std::string_view(books_->slots[*slot].user) : std::string_view();
}
std::optional<Ipv4> AddressPool::address_of(std::string_view user) const {
  const auto had = books_->by_user.find(std::string(user));
  if (had == books_->by_user.end()) return std::nullopt;
  return books_->address(had->second);
}
bool AddressPool::overlaps(const AddressPool& other) const noexcept {
  auto mine = books_->ranges.begin(), theirs = other.books_->ranges.begin();
  while (mine != books_->ranges.end() && theirs != other.books_->ranges.end()) {
    if (mine->last < theirs->first)
      ++mine;
    else if (theirs->last < mine->first)
      ++theirs;
    else
      return true;
  }
  return false;
}
std::size_t AddressPool::size() const noexcept { return books_->total; }
std::size_t AddressPool::held() const noexcept { return books_->held; }

} // namespace openl2tp::ppp
