// One TCP client: assembles records from fragments (RFC 5531 section 11) and sends replies, never waiting for either.
// What does not live here: polling and the choice of which connection to close (service.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "tools/rpc/descriptor.hpp"
#include "tools/rpc/dispatcher.hpp"

namespace openl2tp::rpc {

class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  /// The longest call accepted; the largest of the interface needs about half.
  static constexpr std::size_t kRecordMax = 128 * 1024;

  Connection(Descriptor socket, Caller caller, Clock::time_point now)
      : socket_(std::move(socket)), caller_(caller), last_progress_(now) {}

  /// Reads what is there and answers the calls that are complete. @return false: close the connection.
  [[nodiscard]] bool handle_readable(Dispatcher& dispatcher, Clock::time_point now);
  /// Sends what the client takes, then answers calls that waited. @return false: close the connection.
  [[nodiscard]] bool handle_writable(Dispatcher& dispatcher, Clock::time_point now);

  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  /// While a reply is unsent no further call is read: one client cannot fill our memory.
  [[nodiscard]] bool wants_to_write() const noexcept { return sent_ < output_.size(); }
  /// Neither a half-read call nor a half-sent reply.
  [[nodiscard]] bool is_idle() const noexcept { return !wants_to_write() && unparsed_.empty() && record_.empty(); }
  /// True when a record is incomplete, or a reply not taken, for longer than `limit`.
  [[nodiscard]] bool is_stalled(Clock::time_point now, Clock::duration limit) const noexcept {
    return !is_idle() && now - last_progress_ > limit;
  }
  [[nodiscard]] Clock::time_point last_progress() const noexcept { return last_progress_; }

 private:
  enum class Parsed : std::uint8_t { incomplete, record, lies };
  [[nodiscard]] Parsed take_record();
  [[nodiscard]] bool answer_calls(Dispatcher& dispatcher, Clock::time_point now);
  [[nodiscard]] bool flush(Clock::time_point now);

  Descriptor socket_;
  Caller caller_;
  Clock::time_point last_progress_; // last record completed, or reply octets taken; not mere octets of a record
  std::vector<std::byte> unparsed_; // received octets, marks included
  std::vector<std::byte> record_;   // fragments of the current record so far
  std::vector<std::byte> output_;   // the reply with its mark
  std::size_t sent_ = 0;
};

} // namespace openl2tp::rpc
