#include "runtime/net/udp_endpoint.hpp"

#include <liburing.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/net/packet_info.hpp"

namespace openl2tp::runtime {

namespace {
// Rounded up so that control data, which follows, is aligned.
constexpr std::size_t kNameOctets = (sizeof(sockaddr_in6) + 7) / 8 * 8;
constexpr std::size_t kControlOctets = kPacketInfoOctets;
constexpr std::uint32_t kErrorsBeforePause = 8;
constexpr protocol::Duration kPause{20};
constexpr protocol::Duration kRunsRefused{60'000}; // before long datagrams are joined again
} // namespace

UdpPool::UdpPool(Loop& loop, const UdpPoolOptions& options)
    : loop_(loop), buffers_(options.group, options.receive_buffers, options.buffer_octets), slab_(options.send) {
  batch_.reserve(options.receive_buffers);
  held_.reserve(options.receive_buffers);
  OPENL2TP_ASSERT(loop.ring().register_pool(buffers_) == 0);
  loop.add_hook(*this);
}

UdpPool::~UdpPool() {
  OPENL2TP_ASSERT(held_.empty() && to_rearm_.empty());
  loop_.remove_hook(*this);
  loop_.ring().unregister_pool(buffers_);
}

void UdpPool::after_completions(protocol::TimePoint) noexcept {
  for (std::size_t begin = 0; begin < held_.size();) {
    UdpEndpoint& endpoint = *held_[begin].endpoint;
    std::size_t end = begin + 1;
    while (end < held_.size() && held_[end].endpoint == &endpoint)
      ++end;
    if (!endpoint.closing_) endpoint.sink_.on_datagrams(endpoint, std::span(batch_).subspan(begin, end - begin));
    begin = end;
  }
  for (const Held& held : held_)
    buffers_.give_back(held.buffer_id, held.used);
  held_.clear();
  batch_.clear();
  // Only now: before, a receive that ended for lack of buffers would have ended again.
  for (UdpEndpoint* endpoint : to_rearm_)
    endpoint->rearm();
  to_rearm_.clear();
}

UdpEndpoint::UdpEndpoint(Loop& loop, UdpPool& pool, UniqueFd socket, const UdpOptions& options, DatagramSink& sink)
    : loop_(loop), pool_(pool), sink_(sink), options_(options), socket_(std::move(socket)) {
  file_ = options.registered ? loop.ring().register_file(socket_.get()) : RingFile{.fd = socket_.get(), .slot = -1};
  layout_.msg_namelen = kNameOctets;
  layout_.msg_controllen = options.local.address.is_unspecified() ? kControlOctets : 0;
}

UdpEndpoint::~UdpEndpoint() {
  OPENL2TP_ASSERT(!receiving_ && !wants_rearm_ && sends_in_flight_ == 0);
  loop_.cancel(*this);
  loop_.ring().unregister_file(file_);
}

void UdpEndpoint::start() {
  OPENL2TP_ASSERT(!started_ && !closing_);
  started_ = true;
  arm();
}

void UdpEndpoint::arm() {
  receiving_ = true;
  loop_.ring().receive_datagrams(*this, file_, layout_, pool_.buffers_);
}

void UdpEndpoint::complete(const Completion& completion) noexcept {
  receiving_ = completion.more;
  if (completion.result >= 0) {
    errors_in_row_ = 0;
    if (completion.has_buffer) note_datagram(completion);
  } else {
    // An operation that was cancelled or failed may still have been given a buffer.
    if (completion.has_buffer) pool_.buffers_.give_back(completion.buffer_id);
    if (completion.result == -ENOBUFS) {
      ++counters_.buffers_exhausted;
    } else if (!closing_) {
      ++counters_.receive_errors;
      ++errors_in_row_;
    }
  }
  if (receiving_) return;
  if (closing_) return maybe_closed();
  wants_rearm_ = true;
  pool_.to_rearm_.push_back(this);
}

void UdpEndpoint::rearm() noexcept {
  wants_rearm_ = false;
  if (closing_) return maybe_closed();
  // Errors that come at once, again and again, must not become a busy loop.
  if (errors_in_row_ > kErrorsBeforePause) return loop_.arm(*this, loop_.now() + kPause);
  arm();
}

void UdpEndpoint::on_timer(protocol::TimePoint) noexcept {
  if (!closing_) arm();
}

void UdpEndpoint::note_datagram(const Completion& completion) noexcept {
  const std::span<std::byte> buffer = pool_.buffers_.buffer(completion.buffer_id);
  const std::size_t header = sizeof(io_uring_recvmsg_out) + layout_.msg_namelen + layout_.msg_controllen;
  const std::size_t length = static_cast<std::size_t>(completion.result);
  Datagram datagram;
  io_uring_recvmsg_out out{};
  bool valid = length >= header && length <= buffer.size();
  if (valid) {
    std::memcpy(&out, buffer.data(), sizeof out);
    const std::byte* const name = buffer.data() + sizeof out;
    datagram.path.local = options_.local;
    valid = from_socket_address(name, std::min<std::size_t>(out.namelen, layout_.msg_namelen), datagram.path.peer);
    if (valid && layout_.msg_controllen != 0) {
      const std::size_t control = std::min<std::size_t>(out.controllen, layout_.msg_controllen);
      read_packet_info({name + layout_.msg_namelen, control}, datagram.path.local.address);
      // To answer over a link-local address one must name the link.
      datagram.path.local.scope_id = datagram.path.peer.scope_id;
    }
  }
  if (!valid) {
    ++counters_.invalid;
    pool_.buffers_.give_back(completion.buffer_id);
    return;
  }
  datagram.octets = buffer.subspan(header, length - header);
  datagram.truncated = (out.flags & MSG_TRUNC) != 0;
  ++counters_.received;
  counters_.received_octets += datagram.octets.size();
  if (datagram.truncated) ++counters_.truncated;
  pool_.batch_.push_back(datagram);
  pool_.held_.push_back(
      {.endpoint = this, .buffer_id = completion.buffer_id, .used = static_cast<std::uint32_t>(length)});
}

SendSlot* UdpEndpoint::prepare(const protocol::Path& path, std::span<const std::byte> prefix,
                               std::span<const std::byte> octets) noexcept {
  SendSlot* const slot = closing_ ? nullptr : pool_.slab_.take(prefix, octets, *this);
  if (slot == nullptr) {
    ++counters_.send_dropped;
    return nullptr;
  }
  slot->tag = tag_;
  if (!options_.connected) {
    slot->message.msg_namelen = to_socket_address(path.peer, slot->address);
    slot->message.msg_name = &slot->address;
  }
  if (options_.local.address.is_unspecified()) {
    const std::size_t used = write_packet_info(path.local.address, path.local.scope_id, slot->control);
    slot->message.msg_controllen = used;
    slot->message.msg_control = used != 0 ? slot->control : nullptr;
  }
  ++sends_in_flight_;
  return slot;
}

bool UdpEndpoint::send(const protocol::Path& path, std::span<const std::byte> prefix,
                       std::span<const std::byte> octets) noexcept {
  SendSlot* const slot = prepare(path, prefix, octets);
  if (slot == nullptr) return false;
  loop_.ring().send_datagram(*slot, file_, slot->message);
  return true;
}

bool UdpEndpoint::send_bulk(const protocol::Path& path, std::span<const std::byte> prefix,
                            std::span<const std::byte> octets) noexcept {
  SendSlot* const slot = prepare(path, prefix, octets);
  if (slot == nullptr) return false;
  if (bulk_ != nullptr && bulk_->data.iov_len == slot->data.iov_len && bulk_path_ == path && join(*slot)) return true;
  loop_.ring().send_datagram(*slot, file_, slot->message);
  bulk_ = may_be_joined(slot->data.iov_len) ? slot : nullptr;
  bulk_path_ = path;
  return true;
}

// Makes `slot` leave with bulk_, behind it. False when bulk_ has left, another was sent since, or the run is full.
bool UdpEndpoint::join(SendSlot& slot) noexcept {
  SendRun* run = bulk_->run;
  const std::size_t count = run == nullptr ? 1 : run->count, length = slot.data.iov_len;
  if (count == SendRun::datagrams_max || (count + 1) * length > SendRun::octets_max) return false;
  msghdr& message = bulk_->message;
  if (!loop_.ring().extend_datagram(*bulk_, file_, message)) return false;
  if (run == nullptr) {
    run = pool_.slab_.take_run();
    if (run == nullptr) return false;
    run->alone = message;
    run->last = bulk_;
    run->vectors[0] = bulk_->data;
    run->count = 1;
    if (message.msg_controllen != 0) std::memcpy(run->control, message.msg_control, message.msg_controllen);
    const cmsghdr header{.cmsg_len = CMSG_LEN(sizeof(std::uint16_t)), .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT};
    const auto segment = static_cast<std::uint16_t>(length);
    std::byte* const at = run->control + message.msg_controllen;
    std::memcpy(at, &header, sizeof header);
    std::memcpy(at + CMSG_LEN(0), &segment, sizeof segment);
    message.msg_control = run->control;
    message.msg_controllen += CMSG_SPACE(sizeof segment);
    message.msg_iov = run->vectors.data();
    bulk_->run = run;
  }
  run->vectors[run->count++] = slot.data;
  message.msg_iovlen = run->count;
  run->last->next_in_run = &slot;
  run->last = &slot;
  return true;
}

bool UdpEndpoint::may_be_joined(std::size_t octets) noexcept {
  if (octets < run_octets_refused_) return true;
  if (run_octets_refused_ != SendRun::octets_max && loop_.now() - refused_at_ > kRunsRefused)
    run_octets_refused_ = SendRun::octets_max;
  return false;
}

void UdpEndpoint::on_run_sent(SendSlot& first, int result) noexcept {
  bulk_ = nullptr;
  SendRun& run = *first.run;
  const std::uint32_t count = run.count;
  // A segment that does not fit the path, a socket without checksums, a device that cannot: one by one, then.
  const bool refused = result == -EINVAL || result == -EMSGSIZE || result == -EIO || result == -EOPNOTSUPP;
  if (refused) {
    run_octets_refused_ = std::min(run_octets_refused_, first.data.iov_len);
    refused_at_ = loop_.now();
    first.message = run.alone;
    first.run = nullptr;
  }
  pool_.slab_.release_run(run);
  for (SendSlot* slot = &first; slot != nullptr;) {
    SendSlot* const next = std::exchange(slot->next_in_run, nullptr);
    if (refused)
      loop_.ring().send_datagram(*slot, file_, slot->message);
    else
      pool_.slab_.release(*slot);
    slot = next;
  }
  if (refused) return;
  sends_in_flight_ -= count;
  if (result >= 0) {
    counters_.sent += count;
    counters_.sent_octets += static_cast<std::uint64_t>(result);
    ++counters_.sent_runs;
  } else {
    counters_.send_errors += count;
  }
  if (closing_) maybe_closed();
}

void UdpEndpoint::on_sent(int result) noexcept {
  bulk_ = nullptr;
  --sends_in_flight_;
  if (result >= 0) {
    ++counters_.sent;
    counters_.sent_octets += static_cast<std::uint64_t>(result);
  } else {
    ++counters_.send_errors;
  }
  if (closing_) maybe_closed();
}

bool UdpEndpoint::send_tagged(const protocol::Path& path, std::span<const std::byte> octets,
                              std::uint32_t tag) noexcept {
  tag_ = tag;
  const bool taken = send(path, octets);
  tag_ = SendSlot::no_tag;
  return taken;
}

void UdpEndpoint::on_refused(std::uint32_t tag, std::span<const std::byte> octets) noexcept {
  sink_.on_refused(*this, tag, octets);
}

void UdpEndpoint::close() noexcept {
  if (closing_) return;
  closing_ = true;
  loop_.cancel(*this);
  if (receiving_) loop_.ring().cancel(*this);
  maybe_closed();
}

void UdpEndpoint::maybe_closed() noexcept {
  if (!receiving_ && !wants_rearm_ && sends_in_flight_ == 0) closed_.set();
}

} // namespace openl2tp::runtime
