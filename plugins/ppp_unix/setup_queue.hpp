// Who may set up PPP now, and who waits: the bound of openl2tpd -y, first come, first served.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>

namespace openl2tp::ppp_unix {

class Session;

/// One a shard. It knows sessions by their address only.
class SetupQueue {
 public:
  static constexpr std::size_t waiting_max = 65'536;
  using Ticket = std::list<Session*>::iterator;

  /// `bound`: sessions that set up PPP at once; 0: any number.
  explicit SetupQueue(std::uint32_t bound) noexcept : bound_(bound) {}

  enum class Answer : std::uint8_t {
    go,   // it holds a place until leave_place()
    wait, // it is in line until next() names it, or until leave_line() with its ticket
    full, // waiting_max others are in line
  };

  /// A new session.
  [[nodiscard]] Answer enter(Session& session, Ticket& ticket);

  /// A session that went is up, or will never be. Then call next() until it returns nullptr.
  void leave_place() noexcept { --busy_; }

  /// Takes the first out of the line and gives it a place; nullptr: there is no place, or nobody waits.
  [[nodiscard]] Session* next();

  void leave_line(Ticket ticket) { line_.erase(ticket); }

 private:
  [[nodiscard]] bool has_place() const noexcept { return bound_ == 0 || busy_ < bound_; }

  std::uint32_t bound_;
  std::uint32_t busy_ = 0;
  std::list<Session*> line_;
};

} // namespace openl2tp::ppp_unix
