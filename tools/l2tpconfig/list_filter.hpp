// What tunnel list and session list have in common: paging by id and filtering. Private to commands/.
#pragma once

#include "tools/l2tpconfig/field.hpp"

namespace openl2tp::cli {

inline constexpr Parameter kListState{"state", Type::text, "Only those in this state, such as ESTABLISHED"};
inline constexpr Parameter kListAfter{"after", Type::uint16, "Only ids above this one: the next page"};
inline constexpr Parameter kListLimit{"limit", Type::uint32, "At most so many: the length of a page"};
inline constexpr Parameter kListLocal{"local_only", Type::flag, "Only ids of what was made here"};
inline constexpr Parameter kListRemote{"remote_only", Type::flag, "Only ids of what peers made"};
inline constexpr Parameter kListNames{"names", Type::flag, "Names instead of ids"};

class ListFilter {
 public:
  explicit ListFilter(const Arguments& arguments)
      : local_only_(arguments.has("local_only")), remote_only_(arguments.has("remote_only")),
        names_(arguments.has("names")), after_(id_of(arguments, "after")), state_(arguments.find("state")),
        limit_(arguments.find("limit")) {}

  /// Before anything is asked about an id.
  [[nodiscard]] bool admits_id(wire_u16 id) const noexcept { return id > after_; }
  /// Once its object is known.
  template <typename Message>
  [[nodiscard]] bool admits(const Message& message) const {
    const bool local = message.created_by_admin != 0;
    if ((local_only_ && !local) || (remote_only_ && local)) return false;
    return state_ == nullptr || equal_ignoring_case(state_->text, rpc::string_of(message.state).value_or(""));
  }
  /// True when `printed` is all that was asked for.
  [[nodiscard]] bool is_full(std::size_t printed) const noexcept {
    return limit_ != nullptr && printed >= static_cast<std::size_t>(limit_->number);
  }
  [[nodiscard]] bool names() const noexcept { return names_; }
  [[nodiscard]] bool one_side() const noexcept { return local_only_ || remote_only_; }
  /// False when ids alone decide, so that nothing has to be asked about each.
  [[nodiscard]] bool needs_objects() const noexcept { return one_side() || names_ || state_ != nullptr; }

 private:
  bool local_only_, remote_only_, names_;
  wire_u16 after_;
  const ArgumentValue* state_;
  const ArgumentValue* limit_;
};

} // namespace openl2tp::cli
