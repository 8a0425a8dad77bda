// One client of a stream (TCP or the UNIX socket): assembles records from fragments (RFC 5531 section 11) and sends
// replies, never waiting for either. What does not live here: polling and the choice of which connection to close
// (service.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/rpc/descriptor.hpp"
#include "tools/rpc/dispatcher.hpp"
#include "tools/rpc/event_queue.hpp"

namespace openl2tp::rpc {

class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  /// The longest call accepted; the largest of the interface needs about half.
  static constexpr std::size_t kRecordMax = 128 * 1024;
  /// Calls answered before the others have their turn.
  static constexpr int kCallsPerTurn = 16;

  /// `serial` tells connections apart, whatever their descriptors.
  Connection(std::uint64_t serial, Descriptor socket, Caller caller, bool is_unix, Clock::time_point now)
      : serial_(serial), socket_(std::move(socket)), caller_(caller), is_unix_(is_unix), last_progress_(now) {}

  /// Reads what is there and answers the calls that are complete. @return false: close the connection.
  [[nodiscard]] bool handle_readable(const Dispatcher& dispatcher, Clock::time_point now);
  /// Sends what the client takes, then answers calls that waited. @return false: close the connection.
  [[nodiscard]] bool handle_writable(const Dispatcher& dispatcher, Clock::time_point now);
  /// Goes on with calls that were left for the next turn, or that waited for events. @return false: close it.
  [[nodiscard]] bool handle_turn(const Dispatcher& dispatcher, Clock::time_point now);

  /// The call that is to be answered elsewhere, once; `complete` brings its reply.
  [[nodiscard]] std::optional<std::vector<std::byte>> take_large_call();
  /// The reply to it, and why it was refused; no reply closes the connection, as does the return value false.
  [[nodiscard]] bool complete(const Dispatcher& dispatcher, std::optional<std::vector<std::byte>> reply,
                              std::string refusal, Clock::time_point now);

  [[nodiscard]] std::uint64_t serial() const noexcept { return serial_; }
  [[nodiscard]] const Caller& caller() const noexcept { return caller_; }
  [[nodiscard]] bool is_unix() const noexcept { return is_unix_; }
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  /// What to poll for. While a reply is owed or unsent no further call is read: one client cannot fill our memory.
  [[nodiscard]] short poll_events() const noexcept;
  [[nodiscard]] bool wants_to_write() const noexcept { return sent_ < output_.size(); }
  [[nodiscard]] std::size_t unsent() const noexcept { return output_.size() - sent_; }
  /// Until when a call waits for events at most.
  [[nodiscard]] std::optional<Clock::time_point> deadline() const noexcept {
    return state_ == State::waiting ? std::optional(deadline_) : std::nullopt;
  }
  /// True when handle_turn() has something to do at `now`.
  [[nodiscard]] bool wants_turn(Clock::time_point now) const noexcept;
  /// Where events for this client go; null when it watches none.
  [[nodiscard]] EventQueue* events() const noexcept { return events_.get(); }
  /// Neither a half-read call nor a half-sent reply.
  [[nodiscard]] bool is_idle() const noexcept { return !wants_to_write() && unparsed_.empty() && record_.empty(); }
  /// True when a record is incomplete, or a reply not taken, for longer than `limit`.
  [[nodiscard]] bool is_stalled(Clock::time_point now, Clock::duration limit) const noexcept {
    return state_ == State::reading && !is_idle() && !more_ && now - last_progress_ > limit;
  }
  [[nodiscard]] Clock::time_point last_progress() const noexcept { return last_progress_; }

 private:
  enum class State : std::uint8_t {
    reading, ///< calls are answered as they come
    large,   ///< a call is to be taken by take_large_call()
    owed,    ///< it was taken
    waiting, ///< a call waits for events, until deadline_
  };
  enum class Parsed : std::uint8_t { incomplete, record, lies };
  [[nodiscard]] Parsed take_record();
  [[nodiscard]] bool answer_calls(const Dispatcher& dispatcher, Clock::time_point now);
  /// Answers the call in record_. @return false: close the connection.
  [[nodiscard]] bool answer_record(const Dispatcher& dispatcher, Clock::time_point now);
  [[nodiscard]] bool send_reply(const std::vector<std::byte>& reply, Clock::time_point now);
  [[nodiscard]] bool flush(Clock::time_point now);

  std::uint64_t serial_;
  Descriptor socket_;
  Caller caller_;
  bool is_unix_;
  State state_ = State::reading;
  bool more_ = false;               // complete calls may be in unparsed_
  Clock::time_point deadline_{};    // of State::waiting
  Clock::time_point last_progress_; // last record completed, or reply octets taken; not mere octets of a record
  std::unique_ptr<EventQueue> events_;
  std::string refusal_;             // Kept::refusal
  std::vector<std::byte> unparsed_; // received octets, marks included
  std::vector<std::byte> record_;   // fragments of the current record so far
  std::vector<std::byte> output_;   // the reply with its mark
  std::size_t sent_ = 0;
};

} // namespace openl2tp::rpc
