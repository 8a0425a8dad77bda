#include "runtime/process/spawner_client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "protocol/assert.hpp"

namespace openl2tp::runtime {

namespace {

Task<void> pass_the_queue() { co_return; }

constexpr int reports_a_turn = 256;
// When the socket is full. The answer of a start that went before usually comes earlier and wakes just as well; a poll
// for room would wake us for each message that the helper takes.
constexpr protocol::Duration retry_interval{8};

} // namespace

SpawnerClient::SpawnerClient(Loop& loop, UniqueFd channel, pid_t helper, Log& log, SpawnerLimits limits)
    : FileWatch(loop, channel.get(), POLLIN), Runnable(&SpawnerClient::run), loop_(loop), channel_(std::move(channel)),
      helper_(helper), log_(log), limits_(limits) {
  FileWatch::start();
}

SpawnerClient::~SpawnerClient() { OPENL2TP_ASSERT(!channel_); }

tl::expected<ChildId, StartRefused> SpawnerClient::start(const ChildStart& start, ChildOwner& owner) {
  if (closing_ || lost_) return tl::unexpected(StartRefused::gone);
  if (starting_ >= limits_.starting || children_.size() >= limits_.children) return tl::unexpected(StartRefused::busy);
  std::vector<std::byte> message = encode_start(last_ + 1, start);
  if (message.empty()) return tl::unexpected(StartRefused::invalid);
  std::array<int, child_fds_max> fds{};
  for (std::size_t i = 0; i < start.fds.size(); ++i) {
    fds[i] = start.fds[i].from;
    if (fds[i] < 0 || ::fcntl(fds[i], F_GETFD) < 0) return tl::unexpected(StartRefused::invalid);
  }

  const Sent sent = unsent_.empty() ? send(message, {fds.data(), start.fds.size()}) : Sent::later;
  if (sent == Sent::never) return tl::unexpected(lost_ ? StartRefused::gone : StartRefused::invalid);
  if (sent == Sent::later) {
    Unsent unsent{.octets = std::move(message), .fds = {}, .start = last_ + 1};
    for (std::size_t i = 0; i < start.fds.size(); ++i) {
      unsent.fds.emplace_back(::fcntl(fds[i], F_DUPFD_CLOEXEC, 0));
      if (!unsent.fds.back()) return tl::unexpected(StartRefused::busy);
    }
    unsent_.push_back(std::move(unsent));
    loop_.arm(*this, loop_.now() + retry_interval);
  } else {
    ::explicit_bzero(message.data(), message.size());
  }
  ++last_;
  ++starting_;
  ++owned_;
  children_.emplace(last_, Child{.owner = &owner});
  return last_;
}

bool SpawnerClient::signal(ChildId child, int signal) {
  if (signal <= 0 || signal >= NSIG || closing_ || lost_ || !children_.contains(child)) return false;
  return send_or_keep({.kind = RequestKind::signal, .number = static_cast<std::uint32_t>(signal), .child = child});
}

void SpawnerClient::leave(ChildId child, std::chrono::milliseconds grace) {
  const auto found = children_.find(child);
  if (found == children_.end()) return;
  if (found->second.started) {
    children_.erase(found);
    --owned_;
  } else if (std::exchange(found->second.owner, nullptr) != nullptr) { // it counts until the helper has come to it
    --owned_;
  }
  if (closing_ || lost_) return;
  // Cannot be refused: there is room for one for each child.
  (void)send_or_keep({.kind = RequestKind::leave, .number = static_cast<std::uint32_t>(grace.count()), .child = child});
}

bool SpawnerClient::send_or_keep(ChildRequest request) {
  const auto octets = std::as_bytes(std::span(&request, 1));
  const Sent sent = unsent_.empty() ? send(octets, {}) : Sent::later;
  if (sent != Sent::later) return sent == Sent::yes;
  // Signals leave room for the leaves.
  if (request.kind == RequestKind::signal && unsent_.size() >= limits_.unsent / 2) return false;
  unsent_.push_back({.octets = {octets.begin(), octets.end()}, .fds = {}, .start = 0});
  loop_.arm(*this, loop_.now() + retry_interval);
  return true;
}

SpawnerClient::Sent SpawnerClient::send(std::span<const std::byte> octets, std::span<const int> fds) {
  iovec part{const_cast<std::byte*>(octets.data()), octets.size()}; // NOLINT: sendmsg only reads
  alignas(cmsghdr) std::array<char, CMSG_SPACE(child_fds_max * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  while (::sendmsg(channel_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    switch (errno) {
    case EINTR: continue;
    // No room, no memory, or too many descriptors on their way: all of them pass.
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
    case ETOOMANYREFS: return Sent::later;
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN:
      lost_ = true;
      wake(); // told later: whoever called now is in the middle of something
      return Sent::never;
    default: error_ = errno; return Sent::never;
    }
  }
  return Sent::yes;
}

void SpawnerClient::flush() {
  while (!unsent_.empty() && !lost_) {
    Unsent& first = unsent_.front();
    std::array<int, child_fds_max> fds{};
    for (std::size_t i = 0; i < first.fds.size(); ++i)
      fds[i] = first.fds[i].get();
    const Sent sent = send(first.octets, {fds.data(), first.fds.size()});
    if (sent == Sent::later) return loop_.arm(*this, loop_.now() + retry_interval);
    ::explicit_bzero(first.octets.data(), first.octets.size());
    const ChildId failed = sent == Sent::never && !lost_ ? first.start : 0;
    unsent_.pop_front();
    if (failed != 0) end(failed, -error_);
  }
}

void SpawnerClient::on_ready(std::uint32_t, int) noexcept { wake(); }
void SpawnerClient::on_timer(protocol::TimePoint) noexcept { wake(); }

void SpawnerClient::wake() noexcept {
  if (!queued() && !closing_) post(loop_, *this);
}

void SpawnerClient::run(Runnable& work) noexcept { static_cast<SpawnerClient&>(work).work(); }

void SpawnerClient::work() {
  if (closing_) return;
  read_reports();
  if (!lost_) flush();
  if (lost_) lose();
}

void SpawnerClient::read_reports() {
  ChildReport report;
  for (int i = 0; i < reports_a_turn; ++i) {
    const ssize_t length = ::recv(channel_.get(), &report, sizeof report, MSG_DONTWAIT);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) {
      lost_ = true;
      return;
    }
    if (length == sizeof report) take(report);
    if (closing_) return; // an owner may have begun that
  }
  wake();
}

void SpawnerClient::take(const ChildReport& report) {
  const auto found = children_.find(report.child);
  if (found == children_.end()) return; // it was left meanwhile
  if (report.kind == ReportKind::ended) return end(report.child, report.status);
  if (!std::exchange(found->second.started, true)) --starting_;
  if (found->second.owner == nullptr) children_.erase(found);
}

void SpawnerClient::end(ChildId id, std::int32_t status) {
  const auto found = children_.find(id);
  if (found == children_.end()) return;
  const Child child = found->second;
  children_.erase(found);
  if (!child.started) --starting_;
  if (child.owner == nullptr) return;
  --owned_;
  child.owner->on_exit(id, status);
}

void SpawnerClient::lose() {
  FileWatch::close();
  loop_.cancel(*this);
  unsent_.clear();
  if (!std::exchange(announced_, true))
    log_.error(fmt::format("the process that starts programs ({}) has ended: its {} children were killed, and no more "
                           "can be started until the daemon is restarted",
                           helper_, owned_));
  while (!children_.empty() && !closing_) {
    const auto& [id, child] = *children_.begin();
    // The kernel kills with the helper what it had started.
    end(id, child.started ? 256 + SIGKILL : -EPIPE);
  }
}

Task<void> SpawnerClient::close() {
  closing_ = true;
  FileWatch::close();
  loop_.cancel(*this);
  unsent_.clear();
  children_.clear();
  starting_ = owned_ = 0;
  co_await closed().wait();
  co_await pass_the_queue(); // a wake-up of ours may still be in it
  // Closed, the channel tells the helper to end what is left.
  channel_.reset();
}

} // namespace openl2tp::runtime
