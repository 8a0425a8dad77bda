#include "runtime/net/udp_endpoint.hpp"

#include <liburing.h>
#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>

#include <algorithm>
#include <array>
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
constexpr std::uint32_t kSendRetries = 2;

// With IP_RECVERR an ICMP message about any datagram of a socket fails the next call on it, whatever that sends: the
// error is then somebody else's, and the call can be made again. A refusal of its own comes back.
bool may_be_anothers(int error) {
  switch (error) {
  case ECONNREFUSED:
  case EHOSTUNREACH:
  case ENETUNREACH:
  case ENOPROTOOPT:
  case EPROTO:
  case EOPNOTSUPP:
  case EHOSTDOWN:
  case ENONET:
  case EACCES:
  case EMSGSIZE: return true;
  default: return false;
  }
}

/// Kernels refuse a source address that this host does not have as if there were no route, or with EINVAL.
bool is_foreign(const protocol::IpAddress& source) {
  SocketAddress address;
  const socklen_t length = to_socket_address({.address = source, .port = 0, .scope_id = 0}, address);
  const UniqueFd probe(::socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return probe && ::bind(probe.get(), &address.any, length) != 0 && errno == EADDRNOTAVAIL;
}

/// The ICMP message in the control data of an error queue. @return false for what is none.
bool read_trouble(const msghdr& message, Trouble& trouble) {
  bool found = false;
  protocol::IpAddress asked; // whom the ICMP message was sent to
  for (const cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(part))) {
    const bool v4 = part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR;
    const bool v6 = part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR;
    const auto* const data = reinterpret_cast<const std::byte*>(part) + CMSG_LEN(0);
    const std::size_t length = part->cmsg_len - CMSG_LEN(0);
    if (v4 || v6) {
      sock_extended_err error{};
      if (length < sizeof error) continue;
      std::memcpy(&error, data, sizeof error);
      if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6) continue;
      trouble = {.error = static_cast<int>(error.ee_errno),
                 .origin = error.ee_origin == SO_EE_ORIGIN_ICMP ? Trouble::Origin::icmp : Trouble::Origin::icmp6,
                 .type = error.ee_type,
                 .code = error.ee_code,
                 .mtu = error.ee_errno == EMSGSIZE ? error.ee_info : 0};
      protocol::Endpoint offender;
      if (from_socket_address(data + sizeof error, length - sizeof error, offender))
        trouble.offender = offender.address;
      found = true;
    } else if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO && length >= sizeof(in_pktinfo)) {
      asked = {.family = 4, .octets = {}}; // not the address to answer from, which is empty here
      std::memcpy(asked.octets.data(), data + offsetof(in_pktinfo, ipi_addr), 4);
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO && length >= sizeof(in6_pktinfo)) {
      asked = {.family = 6, .octets = {}};
      std::memcpy(asked.octets.data(), data + offsetof(in6_pktinfo, ipi6_addr), 16);
    }
  }
  trouble.own_host = found && trouble.offender.family != 0 && trouble.offender == asked;
  return found;
}
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
  const int on = 1;
  if (options.local.address.family == 6)
    (void)::setsockopt(socket_.get(), IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
  else
    (void)::setsockopt(socket_.get(), IPPROTO_IP, IP_RECVERR, &on, sizeof on);
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
    } else if (!closing_ && take_errors() == 0) {
      ++counters_.receive_errors;
      ++pool_.losses_.receive_errors;
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
    ++pool_.losses_.invalid;
    pool_.buffers_.give_back(completion.buffer_id);
    return;
  }
  datagram.octets = buffer.subspan(header, length - header);
  datagram.truncated = (out.flags & MSG_TRUNC) != 0;
  ++counters_.received;
  counters_.received_octets += datagram.octets.size();
  if (datagram.truncated) {
    ++counters_.truncated;
    ++pool_.losses_.truncated;
  }
  pool_.batch_.push_back(datagram);
  pool_.held_.push_back(
      {.endpoint = this, .buffer_id = completion.buffer_id, .used = static_cast<std::uint32_t>(length)});
}

// Takes the socket's error queue empty: while something is in it, the kernel finds the socket ready for ever.
// @return messages taken.
std::size_t UdpEndpoint::take_errors() noexcept {
  std::size_t taken = 0;
  while (true) {
    SocketAddress name{};
    alignas(cmsghdr) std::array<std::byte, 512> control;
    std::byte octet{};
    iovec data{&octet, sizeof octet};
    msghdr message{};
    message.msg_name = &name;
    message.msg_namelen = sizeof name;
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(socket_.get(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return taken;
    ++taken;
    Trouble trouble;
    protocol::Endpoint peer;
    if (!read_trouble(message, trouble) || !from_socket_address(&name, message.msg_namelen, peer)) continue;
    if (trouble.offender == options_.local.address) trouble.own_host = true;
    ++counters_.icmp_errors;
    if (!closing_) sink_.on_trouble(*this, peer, trouble);
  }
}

SendSlot* UdpEndpoint::prepare(const protocol::Path& path, std::span<const std::byte> prefix,
                               std::span<const std::byte> octets, std::uint32_t tag) noexcept {
  SendSlot* const slot = closing_ ? nullptr : pool_.slab_.take(prefix, octets, *this);
  if (slot == nullptr) {
    ++counters_.send_dropped;
    ++pool_.losses_.send_dropped;
    return nullptr;
  }
  slot->tag = tag;
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

bool UdpEndpoint::send_one(const protocol::Path& path, std::span<const std::byte> prefix,
                           std::span<const std::byte> octets, std::uint32_t tag) noexcept {
  SendSlot* const slot = prepare(path, prefix, octets, tag);
  if (slot == nullptr) return false;
  loop_.ring().send_datagram(*slot, file_, slot->message);
  return true;
}

bool UdpEndpoint::send_bulk(const protocol::Path& path, std::span<const std::byte> prefix,
                            std::span<const std::byte> octets) noexcept {
  SendSlot* const slot = prepare(path, prefix, octets, SendSlot::no_tag);
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
  if (result < 0) {
    (void)take_errors();
    if (!refused && !closing_) tell_refused(first, -result);
  }
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
    pool_.losses_.send_errors += count;
  }
  if (closing_) maybe_closed();
}

std::uint32_t UdpEndpoint::kernel_drops() const noexcept {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t length = sizeof memory;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_MEMINFO, memory.data(), &length) != 0) return 0;
  return memory[SK_MEMINFO_DROPS];
}

bool UdpEndpoint::on_failed(SendSlot& slot, int error) noexcept {
  (void)take_errors();
  if (!closing_ && may_be_anothers(error) && slot.retries < kSendRetries) {
    bulk_ = nullptr;
    ++slot.retries;
    ++counters_.send_retries;
    loop_.ring().send_datagram(slot, file_, slot.message);
    return true;
  }
  tell_refused(slot, error);
  if (slot.tag != SendSlot::no_tag)
    sink_.on_refused(*this, slot.tag, {static_cast<const std::byte*>(slot.data.iov_base), slot.data.iov_len});
  return false;
}

void UdpEndpoint::tell_refused(const SendSlot& slot, int error) noexcept {
  protocol::Endpoint peer;
  SocketAddress connected{};
  const void* name = slot.message.msg_name;
  socklen_t length = slot.message.msg_namelen;
  if (length == 0) { // the socket's own
    length = sizeof connected;
    name = &connected;
    if (::getpeername(socket_.get(), &connected.any, &length) != 0) return;
  }
  if (!from_socket_address(name, length, peer)) return;
  protocol::IpAddress source;
  const std::span control(static_cast<const std::byte*>(slot.message.msg_control), slot.message.msg_controllen);
  if ((error == ENETUNREACH || error == EINVAL) && read_packet_info(control, source) && is_foreign(source))
    return sink_.on_trouble(*this, peer, {.error = EADDRNOTAVAIL, .offender = source});
  sink_.on_trouble(*this, peer, {.error = error});
}

void UdpEndpoint::on_sent(int result) noexcept {
  bulk_ = nullptr;
  --sends_in_flight_;
  if (result >= 0) {
    ++counters_.sent;
    counters_.sent_octets += static_cast<std::uint64_t>(result);
  } else {
    ++counters_.send_errors;
    ++pool_.losses_.send_errors;
  }
  if (closing_) maybe_closed();
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
