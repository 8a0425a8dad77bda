#include "tests/support/fake_ring.hpp"

#include <liburing.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "protocol/assert.hpp"
#include "runtime/loop/loop.hpp"
#include "runtime/net/packet_info.hpp"
#include "runtime/net/socket_address.hpp"
#include "runtime/net/steering.hpp"

namespace openl2tp::runtime {

void FakeNetwork::advance_to(protocol::TimePoint time) noexcept {
  now_ = std::max(now_, time);
  while (!travelling_.empty() && travelling_.begin()->first <= now_) {
    deliver(std::move(travelling_.extract(travelling_.begin()).mapped()));
  }
}

std::optional<protocol::TimePoint> FakeNetwork::next_arrival() const noexcept {
  if (travelling_.empty()) return std::nullopt;
  return travelling_.begin()->first;
}

UniqueFd FakeNetwork::open_udp(const protocol::Endpoint& local, std::size_t queue_limit) {
  UniqueFd fd(::memfd_create("udp", MFD_CLOEXEC)); // a number, and a file, that nobody else has
  struct stat file{};
  OPENL2TP_ASSERT(fd && ::fstat(fd.get(), &file) == 0);
  close_udp(fd.get());
  sockets_.push_back({.fd = fd.get(),
                      .file = file.st_ino,
                      .local = local,
                      .queue_limit = queue_limit,
                      .queue = {},
                      .peer = std::nullopt,
                      .take = {}});
  return fd;
}

UniqueFd FakeNetwork::open_connected_udp(const protocol::Path& path, Taker take) {
  UniqueFd fd = open_udp(path.local);
  sockets_.back().peer = path.peer;
  sockets_.back().take = std::move(take);
  return fd;
}

void FakeNetwork::attach(const protocol::Endpoint& local, Taker take) {
  detach(local);
  sockets_.push_back({.fd = -1,
                      .file = 0,
                      .local = local,
                      .queue_limit = 0,
                      .queue = {},
                      .peer = std::nullopt,
                      .take = std::move(take)});
}

void FakeNetwork::detach(const protocol::Endpoint& local) noexcept {
  std::erase_if(sockets_, [&](const Socket& socket) { return socket.fd < 0 && socket.local == local; });
}

void FakeNetwork::close_all(const protocol::IpAddress& address) noexcept {
  std::erase_if(sockets_, [&](const Socket& socket) { return socket.local.address == address; });
}

FakeNetwork::Socket* FakeNetwork::find(int fd) noexcept {
  const auto found = std::ranges::find(sockets_, fd, &Socket::fd);
  return found == sockets_.end() ? nullptr : &*found;
}

void FakeNetwork::close_udp(int fd) noexcept {
  std::erase_if(sockets_, [fd](const Socket& socket) { return socket.fd == fd; });
}

void FakeNetwork::send(const protocol::Path& path, std::span<const std::byte> octets) {
  const std::optional<protocol::Duration> delay = transit_ ? transit_(path, octets) : protocol::Duration{1};
  if (!delay) return;
  // What is sent by one is received by the other: the ends change places.
  Arrived datagram{.path = {.local = path.peer, .peer = path.local}, .octets = {octets.begin(), octets.end()}};
  if (delay->count() <= 0) return deliver(std::move(datagram));
  travelling_.emplace(now_ + *delay, std::move(datagram));
}

// Nobody tells of a descriptor that was closed without a word, as one that was opened and then not needed.
void FakeNetwork::drop_closed() noexcept {
  std::erase_if(sockets_, [](const Socket& socket) {
    struct stat file{};
    return socket.fd >= 0 && (::fstat(socket.fd, &file) != 0 || file.st_ino != socket.file);
  });
}

void FakeNetwork::deliver(Arrived datagram) {
  drop_closed();
  const auto connected = std::ranges::find_if(sockets_, [&](const Socket& socket) {
    return socket.peer && *socket.peer == datagram.path.peer && socket.local == datagram.path.local;
  });
  if (connected != sockets_.end()) return hand(*connected, std::move(datagram));
  std::vector<Socket*> bound;
  for (const bool exact : {true, false}) {
    for (Socket& socket : sockets_) {
      if (socket.peer) continue;
      const bool same_port = socket.local.port == datagram.path.local.port;
      const bool same_family = socket.local.address.family == datagram.path.local.address.family;
      const bool matches =
          exact ? socket.local.address == datagram.path.local.address : socket.local.address.is_unspecified();
      if (same_port && same_family && matches) bound.push_back(&socket);
    }
    if (!bound.empty()) break;
  }
  if (bound.empty()) return;
  const auto shards = static_cast<unsigned>(bound.size());
  const auto by_source = static_cast<unsigned>(std::hash<protocol::Endpoint>{}(datagram.path.peer) % shards);
  hand(*bound[steered_shard(datagram.octets, shards).value_or(by_source)], std::move(datagram));
}

void FakeNetwork::hand(Socket& socket, Arrived datagram) {
  // A copy: what takes a datagram may open and close sockets.
  if (const Taker take = socket.take; take && take(datagram.path, datagram.octets)) return;
  if (socket.queue.size() < socket.queue_limit) socket.queue.push_back(std::move(datagram));
}

FakeRing::~FakeRing() { OPENL2TP_ASSERT(in_flight() == 0); }

void FakeRing::add(const Pending& pending) {
  started();
  pending_.push_back(pending);
}

void FakeRing::read(Operation& operation, RingFile file, std::span<std::byte> buffer) {
  add({&operation, Kind::read, file.fd, buffer, {}, POLLIN, false, nullptr, nullptr});
}

void FakeRing::write(Operation& operation, RingFile file, std::span<const std::byte> buffer) {
  add({&operation, Kind::write, file.fd, {}, buffer, POLLOUT, false, nullptr, nullptr});
}

void FakeRing::poll(Operation& operation, RingFile file, std::uint32_t events, bool multishot) {
  add({&operation, Kind::poll, file.fd, {}, {}, static_cast<short>(events), multishot, nullptr, nullptr});
}

void FakeRing::receive_datagrams(Operation& operation, RingFile file, msghdr& layout, BufferPool& pool) {
  add({&operation, Kind::receive, file.fd, {}, {}, 0, true, &layout, &pool});
}

void FakeRing::send_datagram(Operation& operation, RingFile file, msghdr& message) {
  started();
  FakeNetwork::Socket* const socket = network_.find(file.fd);
  protocol::Path path;
  const bool connected = socket != nullptr && socket->peer.has_value();
  if (connected) path.peer = *socket->peer;
  const bool addressed = connected || (message.msg_name != nullptr &&
                                       from_socket_address(message.msg_name, message.msg_namelen, path.peer));
  if (socket == nullptr || !addressed) {
    completed_.push_back({&operation, {.result = -EDESTADDRREQ}});
    return;
  }
  path.local = socket->local;
  read_packet_info({static_cast<std::byte*>(message.msg_control), message.msg_controllen}, path.local.address);
  const std::size_t length = message.msg_iov->iov_len;
  network_.send(path, {static_cast<std::byte*>(message.msg_iov->iov_base), length});
  completed_.push_back({&operation, {.result = static_cast<int>(length)}});
}

void FakeRing::cancel(Operation& operation) {
  const auto found = std::ranges::find(pending_, &operation, &Pending::operation);
  if (found == pending_.end()) return; // it has completed: the completion is on its way
  pending_.erase(found);
  completed_.push_back({&operation, {.result = -ECANCELED}});
}

RingFile FakeRing::register_file(int fd) { return {.fd = fd, .slot = -1}; }
void FakeRing::unregister_file(RingFile file) { network_.close_udp(file.fd); }

int FakeRing::register_pool(BufferPool& pool) {
  heads_[&pool] = 0;
  return 0;
}
void FakeRing::unregister_pool(BufferPool& pool) { heads_.erase(&pool); }

std::optional<std::uint16_t> FakeRing::take_buffer(BufferPool& pool) {
  std::uint16_t& head = heads_.at(&pool);
  const std::uint16_t tail = std::atomic_ref<std::uint16_t>(pool.kernel_ring()->tail).load(std::memory_order_acquire);
  if (head == tail) return std::nullopt;
  const auto* const entries = reinterpret_cast<const io_uring_buf*>(pool.kernel_ring());
  return entries[head++ & (pool.count() - 1)].bid;
}

void FakeRing::collect_datagrams(Pending& pending, bool& ended) {
  FakeNetwork::Socket* const socket = network_.find(pending.fd);
  if (socket == nullptr) return;
  while (!socket->queue.empty()) {
    const std::optional<std::uint16_t> id = take_buffer(*pending.pool);
    if (!id) {
      completed_.push_back({pending.operation, {.result = -ENOBUFS}});
      ended = true;
      return;
    }
    const FakeNetwork::Arrived& datagram = socket->queue.front();
    const std::span<std::byte> buffer = pending.pool->buffer(*id);
    io_uring_recvmsg_out out{};
    std::byte* const name = buffer.data() + sizeof out;
    SocketAddress address;
    out.namelen = to_socket_address(datagram.path.peer, address);
    std::memcpy(name, &address, std::min<std::size_t>(out.namelen, pending.layout->msg_namelen));
    std::byte* const control = name + pending.layout->msg_namelen;
    if (pending.layout->msg_controllen >= kPacketInfoOctets) {
      out.controllen =
          static_cast<__u32>(write_packet_info(datagram.path.local.address, datagram.path.local.scope_id, control));
    }
    std::byte* const payload = control + pending.layout->msg_controllen;
    const auto room = static_cast<std::size_t>(buffer.data() + buffer.size() - payload);
    const std::size_t length = std::min(room, datagram.octets.size());
    if (length != 0) std::memcpy(payload, datagram.octets.data(), length);
    out.payloadlen = static_cast<__u32>(datagram.octets.size());
    if (length < datagram.octets.size()) out.flags = MSG_TRUNC;
    std::memcpy(buffer.data(), &out, sizeof out);
    const auto used = static_cast<int>(payload - buffer.data()) + static_cast<int>(length);
    completed_.push_back({pending.operation, {.result = used, .more = true, .has_buffer = true, .buffer_id = *id}});
    socket->queue.pop_front();
  }
}

void FakeRing::collect_files(int timeout_ms) {
  std::vector<pollfd> files;
  for (const Pending& pending : pending_) {
    if (pending.kind != Kind::receive) files.push_back({.fd = pending.fd, .events = pending.events, .revents = 0});
  }
  if (files.empty() || ::poll(files.data(), files.size(), timeout_ms) <= 0) return;
  std::size_t next = 0;
  std::erase_if(pending_, [&](const Pending& pending) {
    if (pending.kind == Kind::receive) return false;
    const short ready = files[next++].revents;
    if (ready == 0) return false;
    ssize_t result = ready;
    if (pending.kind == Kind::read) result = ::read(pending.fd, pending.in.data(), pending.in.size());
    if (pending.kind == Kind::write) result = ::write(pending.fd, pending.out.data(), pending.out.size());
    const bool more = pending.multishot && result >= 0;
    completed_.push_back({pending.operation, {.result = result < 0 ? -errno : static_cast<int>(result), .more = more}});
    return !more;
  });
}

void FakeRing::collect(int timeout_ms) {
  network_.advance_to(network_.now());
  std::erase_if(pending_, [&](Pending& pending) {
    bool ended = false;
    if (pending.kind == Kind::receive) collect_datagrams(pending, ended);
    return ended;
  });
  collect_files(completed_.empty() ? timeout_ms : 0);
}

std::size_t FakeRing::wait(std::optional<protocol::TimePoint> deadline, bool block) {
  collect(0);
  while (block && completed_.empty()) {
    const std::optional<protocol::TimePoint> arrival = network_.next_arrival();
    const std::optional<protocol::TimePoint> next = !deadline  ? arrival
                                                    : !arrival ? deadline
                                                               : std::min(deadline, arrival);
    if (next) {
      network_.advance_to(*next);
      collect(0);
      if (deadline && network_.now() >= *deadline) break;
    } else {
      OPENL2TP_ASSERT(other_threads_ && "nothing is left that could happen");
      collect(-1);
    }
  }
  std::size_t count = 0;
  for (std::deque<Completed> batch = std::exchange(completed_, {}); const Completed& completed : batch) {
    dispatch(*completed.operation, completed.completion);
    ++count;
  }
  return count;
}

void simulate(FakeNetwork& network, std::span<Loop* const> loops, protocol::TimePoint until) {
  for (;;) {
    for (bool busy = true; busy;) {
      busy = false;
      for (Loop* loop : loops)
        busy |= loop->turn(false);
    }
    std::optional<protocol::TimePoint> next = network.next_arrival();
    for (const Loop* loop : loops) {
      const std::optional<protocol::TimePoint> deadline = loop->next_deadline();
      if (deadline && (!next || *deadline < *next)) next = deadline;
    }
    if (!next || *next > until) break;
    network.advance_to(std::max(*next, network.now() + protocol::Duration{1}));
  }
  network.advance_to(until);
  for (Loop* loop : loops)
    loop->turn(false);
}

} // namespace openl2tp::runtime
