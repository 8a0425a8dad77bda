// A mark is four octets before each fragment: the top bit says "last of the record", the others give its length.
#include "tools/rpc/connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace openl2tp::rpc {
namespace {

constexpr std::uint32_t kLastFragment = 0x80000000;
constexpr std::size_t kMarkSize = 4;
constexpr std::size_t kReplyMax = kLastFragment - 1;

std::uint32_t read_mark(const std::byte* at) noexcept {
  std::uint32_t mark = 0;
  for (std::size_t i = 0; i < kMarkSize; ++i)
    mark = mark << 8 | std::to_integer<std::uint32_t>(at[i]);
  return mark;
}

} // namespace

Connection::Parsed Connection::take_record() {
  std::size_t at = 0;
  Parsed result = Parsed::incomplete;
  while (unparsed_.size() - at >= kMarkSize) {
    const std::uint32_t mark = read_mark(unparsed_.data() + at);
    const std::size_t length = mark & ~kLastFragment;
    const bool last = (mark & kLastFragment) != 0;
    // A fragment of nothing that is not the last has no use but to keep us busy.
    if (length > kRecordMax - record_.size() || (length == 0 && !last)) return Parsed::lies;
    if (unparsed_.size() - at - kMarkSize < length) break;
    const auto first = unparsed_.begin() + static_cast<std::ptrdiff_t>(at + kMarkSize);
    record_.insert(record_.end(), first, first + static_cast<std::ptrdiff_t>(length));
    at += kMarkSize + length;
    if (last) {
      result = Parsed::record;
      break;
    }
  }
  unparsed_.erase(unparsed_.begin(), unparsed_.begin() + static_cast<std::ptrdiff_t>(at));
  return result;
}

bool Connection::answer_calls(const Dispatcher& dispatcher, Clock::time_point now) {
  more_ = false;
  // A client that does not take its replies stops the loop.
  for (int calls = 0; state_ == State::reading && !wants_to_write(); ++calls) {
    if (calls == kCallsPerTurn) {
      more_ = true;
      return true;
    }
    switch (take_record()) {
    case Parsed::incomplete: return true;
    case Parsed::lies: return false;
    case Parsed::record: break;
    }
    last_progress_ = now;
    const Judgement judgement = dispatcher.judge(record_);
    if (judgement.kind == Kind::large) {
      state_ = State::large;
      return true;
    }
    if (judgement.kind == Kind::wait && events_ && events_->empty()) {
      state_ = State::waiting;
      deadline_ = now + judgement.patience;
      return true;
    }
    if (judgement.kind == Kind::wait && !events_) events_ = std::make_unique<EventQueue>();
    if (!answer_record(dispatcher, now)) return false;
  }
  return true;
}

bool Connection::answer_record(const Dispatcher& dispatcher, Clock::time_point now) {
  const auto reply = dispatcher.answer(record_, caller_, kReplyMax, {.events = events_.get(), .refusal = &refusal_});
  record_.clear();
  // What is no call at all ends the connection: the stream cannot be trusted any more.
  return reply && send_reply(*reply, now);
}

bool Connection::send_reply(const std::vector<std::byte>& reply, Clock::time_point now) {
  const auto mark = kLastFragment | static_cast<std::uint32_t>(reply.size());
  output_.reserve(kMarkSize + reply.size());
  for (int shift = 24; shift >= 0; shift -= 8)
    output_.push_back(static_cast<std::byte>(mark >> shift & 0xff));
  output_.insert(output_.end(), reply.begin(), reply.end());
  last_progress_ = now;
  return flush(now);
}

std::optional<std::vector<std::byte>> Connection::take_large_call() {
  if (state_ != State::large) return std::nullopt;
  state_ = State::owed;
  return std::exchange(record_, {});
}

bool Connection::complete(const Dispatcher& dispatcher, std::optional<std::vector<std::byte>> reply,
                          std::string refusal, Clock::time_point now) {
  state_ = State::reading;
  refusal_ = std::move(refusal);
  return reply && send_reply(*reply, now) && answer_calls(dispatcher, now);
}

short Connection::poll_events() const noexcept {
  if (wants_to_write()) return POLLOUT;
  return state_ == State::reading ? POLLIN : POLLRDHUP;
}

bool Connection::wants_turn(Clock::time_point now) const noexcept {
  if (state_ == State::waiting) return !events_->empty() || now >= deadline_;
  return more_ && !wants_to_write();
}

bool Connection::handle_turn(const Dispatcher& dispatcher, Clock::time_point now) {
  if (state_ == State::waiting) {
    state_ = State::reading;
    if (!answer_record(dispatcher, now)) return false;
  }
  return answer_calls(dispatcher, now);
}

bool Connection::handle_readable(const Dispatcher& dispatcher, Clock::time_point now) {
  if (wants_to_write() || state_ != State::reading) return true;
  // The stall clock of a record starts with its first octet.
  if (is_idle()) last_progress_ = now;
  std::array<std::byte, 16384> buffer;
  const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got == 0) return false;
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  unparsed_.insert(unparsed_.end(), buffer.begin(), buffer.begin() + got);
  return answer_calls(dispatcher, now);
}

bool Connection::handle_writable(const Dispatcher& dispatcher, Clock::time_point now) {
  if (!flush(now)) return false;
  // Calls that arrived together with the one just answered are already here, so polling would not show them.
  return answer_calls(dispatcher, now);
}

bool Connection::flush(Clock::time_point now) {
  while (sent_ < output_.size()) {
    const ssize_t taken =
        send(socket_.get(), output_.data() + sent_, output_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) return errno == EAGAIN;
    sent_ += static_cast<std::size_t>(taken);
    last_progress_ = now;
  }
  // A large list's memory is not kept for an idle client.
  output_ = {};
  sent_ = 0;
  return true;
}

} // namespace openl2tp::rpc
