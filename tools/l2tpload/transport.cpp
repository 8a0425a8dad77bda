#include "tools/l2tpload/transport.hpp"

#include <netinet/udp.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace openl2tp::load {
namespace {

constexpr int buffer_size = 16 << 20;
constexpr std::size_t gso_octets_max = 65'000; // that one call may send

tl::unexpected<std::string> failed(const char* what) {
  return tl::unexpected(std::string(what) + ": " + std::strerror(errno));
}

void enlarge_buffer(int fd, int forced, int polite) noexcept {
  if (setsockopt(fd, SOL_SOCKET, forced, &buffer_size, sizeof buffer_size) != 0)
    setsockopt(fd, SOL_SOCKET, polite, &buffer_size, sizeof buffer_size);
}

} // namespace

Transport::Transport(const TransportOptions& options)
    : connected_(!options.listen), segment_(options.segment && !options.listen),
      received_(std::make_unique<std::array<std::array<std::byte, datagram_size_max>, batch_size>>()) {
  for (std::size_t i = 0; i < batch_size; ++i) {
    receive_vectors_[i] = {(*received_)[i].data(), datagram_size_max};
    receive_headers_[i].msg_hdr.msg_iov = &receive_vectors_[i];
    receive_headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

Transport::Transport(Transport&& other) noexcept
    : connected_(other.connected_), segment_(other.segment_), links_(std::move(other.links_)),
      receive_headers_(other.receive_headers_), receive_vectors_(other.receive_vectors_),
      received_(std::move(other.received_)), send_failures_(other.send_failures_) {
  for (std::size_t i = 0; i < batch_size; ++i)
    receive_headers_[i].msg_hdr.msg_iov = &receive_vectors_[i];
}

Transport::~Transport() {
  for (const auto& link : links_)
    close(link->fd);
}

tl::expected<Transport, std::string> Transport::open(const TransportOptions& options) {
  Transport transport(options);
  for (std::uint16_t offset = 0; offset < options.sockets; ++offset)
    if (auto added = transport.add_link(options, offset); !added) return tl::unexpected(added.error());
  return transport;
}

tl::expected<void, std::string> Transport::add_link(const TransportOptions& options, std::uint16_t offset) {
  const int fd = socket(options.local.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failed("socket");
  auto link = std::make_unique<Link>();
  link->fd = fd;
  for (std::size_t i = 0; i < batch_size; ++i) {
    link->headers[i].msg_hdr.msg_iov = &link->vectors[i];
    link->headers[i].msg_hdr.msg_iovlen = 1;
  }
  links_.push_back(std::move(link)); // owns the descriptor from here on
  enlarge_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
  enlarge_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
  Address local = options.local;
  if (local.port() != 0) local.set_port(static_cast<std::uint16_t>(local.port() + offset));
  if (bind(fd, local.raw(), local.size()) != 0) return failed("bind");
  if (connected_ && connect(fd, options.target.raw(), options.target.size()) != 0) return failed("connect");
  socklen_t size = Address::size_max();
  if (getsockname(fd, local.raw(), &size) != 0) return failed("getsockname");
  links_.back()->local_port = local.port();
  return {};
}

std::span<std::byte> Transport::next(std::size_t socket, const Address& to) noexcept {
  Link& link = *links_[socket];
  if (link.queued == batch_size) flush(link);
  if (!connected_) link.to[link.queued] = to;
  return link.octets[link.queued];
}

void Transport::commit(std::size_t socket, std::size_t size) noexcept {
  Link& link = *links_[socket];
  const std::size_t slot = link.queued++;
  link.vectors[slot] = {link.octets[slot].data(), size};
  msghdr& header = link.headers[slot].msg_hdr;
  if (connected_) {
    header.msg_name = nullptr;
    header.msg_namelen = 0;
  } else {
    header.msg_name = link.to[slot].raw();
    header.msg_namelen = link.to[slot].size();
  }
}

void Transport::flush() noexcept {
  for (const auto& link : links_)
    flush(*link);
}

void Transport::flush(Link& link) noexcept {
  if (link.queued == 0) return;
  if (segment_) {
    send_segmented(link);
  } else {
    send_run(link, 0, link.queued);
  }
  link.queued = 0;
}

// What cannot be sent counts as lost, and L2TP sends it again: a full send buffer is waited for a little, anything else
// not at all.
void Transport::send_run(Link& link, std::size_t first, std::size_t count) noexcept {
  int patience = 10;
  while (count != 0) {
    const int sent = sendmmsg(link.fd, &link.headers[first], static_cast<unsigned>(count), 0);
    if (sent > 0) {
      first += static_cast<std::size_t>(sent);
      count -= static_cast<std::size_t>(sent);
    } else if ((errno == EAGAIN || errno == ENOBUFS) && patience-- > 0) {
      pollfd writable{link.fd, POLLOUT, 0};
      poll(&writable, 1, 1);
    } else if (errno != EINTR) {
      ++send_failures_;
      ++first; // such as ECONNREFUSED of an earlier datagram
      --count;
    }
  }
}

void Transport::send_segmented(Link& link) noexcept {
  std::size_t first = 0;
  while (first < link.queued) {
    const std::size_t size = link.vectors[first].iov_len;
    std::size_t count = 1;
    while (first + count < link.queued && link.vectors[first + count].iov_len == size &&
           (count + 1) * size <= gso_octets_max)
      ++count;
    bool sent = false;
    if (count > 1) {
      alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(std::uint16_t))> control{};
      msghdr header{};
      header.msg_iov = &link.vectors[first];
      header.msg_iovlen = count;
      header.msg_control = control.data();
      header.msg_controllen = control.size();
      cmsghdr* segment = CMSG_FIRSTHDR(&header);
      segment->cmsg_level = SOL_UDP;
      segment->cmsg_type = UDP_SEGMENT;
      segment->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
      const auto segment_size = static_cast<std::uint16_t>(size);
      std::memcpy(CMSG_DATA(segment), &segment_size, sizeof segment_size);
      sent = sendmsg(link.fd, &header, 0) >= 0;
    }
    if (!sent) send_run(link, first, count);
    first += count;
  }
}

std::span<const Transport::Datagram> Transport::receive(std::size_t socket) noexcept {
  for (std::size_t i = 0; i < batch_size; ++i) {
    receive_headers_[i].msg_hdr.msg_name = connected_ ? nullptr : from_[i].raw();
    receive_headers_[i].msg_hdr.msg_namelen = connected_ ? 0 : Address::size_max();
  }
  const int count = recvmmsg(links_[socket]->fd, receive_headers_.data(), batch_size, MSG_DONTWAIT, nullptr);
  if (count <= 0) return {};
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    datagrams_[i] = {std::span<const std::byte>((*received_)[i]).first(receive_headers_[i].msg_len), &from_[i]};
  return std::span<const Datagram>(datagrams_).first(static_cast<std::size_t>(count));
}

void Transport::wait(int timeout_ms) noexcept {
  std::array<pollfd, 64> readable{};
  for (std::size_t i = 0; i < links_.size(); ++i)
    readable[i] = {links_[i]->fd, POLLIN, 0};
  poll(readable.data(), links_.size(), timeout_ms);
}

} // namespace openl2tp::load
