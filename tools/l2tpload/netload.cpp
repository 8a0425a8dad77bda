// Ordinary traffic for whatever carries IP packets: what a benchmark sends through a tunnel and, as the yardstick, over
// a bare link. TCP streams in one direction, and UDP datagrams that the other end sends back, so many of them on their
// way at a time. It knows nothing of L2TP. One thread, one poll loop; figures as one line of JSON.
//
//   netload serve PORT SECONDS                                    the other end, of any number of the following
//   netload tcp ADDRESS PORT SECONDS STREAMS up|down              octets a second
//   netload udp ADDRESS PORT SECONDS SIZE IN_FLIGHT FLOWS         datagrams a second, there and back counted as two

#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t stream_octets = 256 * 1024, batch = 64, datagram_max = 2048;
constexpr auto lost_after = std::chrono::milliseconds(200); // then datagrams in flight are sent anew

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "netload: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

long number(const char* text, long least, long most) {
  char* end = nullptr;
  const long value = std::strtol(text, &end, 10);
  if (*text == '\0' || *end != '\0' || value < least || value > most) {
    std::fprintf(stderr, "netload: %s is not a number from %ld to %ld\n", text, least, most);
    std::exit(2);
  }
  return value;
}

int make_socket(int family, int type) {
  const int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up("socket");
  if (type == SOCK_DGRAM) {
    const int octets = 8 << 20;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets) < 0)
      (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
  }
  return fd;
}

int connect_to(const char* address, const char* port, int type) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = type;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  if (getaddrinfo(address, port, &hints, &found) != 0 || found == nullptr) {
    std::fprintf(stderr, "netload: %s port %s is no address\n", address, port);
    std::exit(2);
  }
  const int fd = make_socket(found->ai_family, type);
  if (connect(fd, found->ai_addr, found->ai_addrlen) < 0 && errno != EINPROGRESS) give_up("connect");
  freeaddrinfo(found);
  return fd;
}

int listen_on(std::uint16_t port, int type) {
  const int fd = make_socket(AF_INET6, type);
  const int on = 1, off = 0;
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0) give_up("IPV6_V6ONLY");
  sockaddr_in6 local{};
  local.sin6_family = AF_INET6;
  local.sin6_port = htons(port);
  if (bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local) < 0) give_up("bind");
  if (type == SOCK_STREAM && listen(fd, 64) < 0) give_up("listen");
  return fd;
}

/// Datagrams of one system call.
class Datagrams {
 public:
  Datagrams() : octets_(batch * datagram_max) {
    for (std::size_t i = 0; i < batch; ++i)
      parts_[i] = {octets_.data() + i * datagram_max, datagram_max};
  }
  /// @return how many came
  std::size_t receive(int fd) {
    for (std::size_t i = 0; i < batch; ++i) {
      parts_[i].iov_len = datagram_max;
      messages_[i] = {};
      messages_[i].msg_hdr = {&from_[i], sizeof from_[i], &parts_[i], 1, nullptr, 0, 0};
    }
    const int got = recvmmsg(fd, messages_, batch, MSG_DONTWAIT, nullptr);
    return got < 0 ? 0 : static_cast<std::size_t>(got);
  }
  /// Sends what was received back to where it came from.
  void answer(int fd, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      parts_[i].iov_len = messages_[i].msg_len;
    (void)sendmmsg(fd, messages_, static_cast<unsigned>(count), MSG_DONTWAIT);
  }
  /// @return how many were taken
  std::size_t send(int fd, std::size_t count, std::size_t size) {
    for (std::size_t i = 0; i < count; ++i) {
      parts_[i].iov_len = size;
      messages_[i] = {};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = sendmmsg(fd, messages_, static_cast<unsigned>(count), MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }

 private:
  std::vector<std::uint8_t> octets_;
  iovec parts_[batch];
  mmsghdr messages_[batch];
  sockaddr_storage from_[batch];
};

struct Stream {
  int fd = -1;
  bool asked = false, sends = false; // the client's first octet says who sends: 'u' it does, 'd' we do
};

/// Reads or writes one stream. @return octets; -1: it is over
ssize_t move(int fd, bool sends, std::vector<std::uint8_t>& octets) {
  const ssize_t moved = sends ? send(fd, octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT)
                              : recv(fd, octets.data(), octets.size(), MSG_DONTWAIT);
  if (moved > 0) return moved;
  return moved < 0 && (errno == EAGAIN || errno == EINPROGRESS || errno == ENOTCONN) ? 0 : -1;
}

int serve(std::uint16_t port, long seconds) {
  const int listener = listen_on(port, SOCK_STREAM), udp = listen_on(port, SOCK_DGRAM);
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  std::vector<std::uint8_t> octets(stream_octets);
  std::vector<Stream> streams;
  Datagrams datagrams;
  while (Clock::now() < end) {
    std::vector<pollfd> polled{{listener, POLLIN, 0}, {udp, POLLIN, 0}};
    for (const Stream& stream : streams)
      polled.push_back({stream.fd, static_cast<short>(stream.sends ? POLLOUT : POLLIN), 0});
    (void)poll(polled.data(), polled.size(), 1'000);
    if (polled[1].revents != 0)
      for (std::size_t got; (got = datagrams.receive(udp)) != 0;)
        datagrams.answer(udp, got);
    for (std::size_t i = streams.size(); i-- > 0;) {
      if (polled[i + 2].revents == 0) continue;
      Stream& stream = streams[i];
      const ssize_t moved = move(stream.fd, stream.sends, octets);
      if (moved < 0) {
        close(stream.fd);
        streams.erase(streams.begin() + static_cast<std::ptrdiff_t>(i));
      } else if (moved > 0 && !std::exchange(stream.asked, true)) {
        stream.sends = octets[0] == 'd';
      }
    }
    if (polled[0].revents != 0)
      if (const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); fd >= 0)
        streams.push_back({.fd = fd});
  }
  return 0;
}

int run_tcp(const char* address, const char* port, long seconds, long count, bool up) {
  std::vector<std::uint8_t> octets(stream_octets, up ? 'u' : 'd');
  std::vector<pollfd> polled;
  for (long i = 0; i < count; ++i)
    polled.push_back({connect_to(address, port, SOCK_STREAM), POLLOUT, 0});
  // All of them are there before it counts.
  for (pollfd& one : polled) {
    if (poll(&one, 1, 10'000) != 1 || send(one.fd, octets.data(), 1, MSG_NOSIGNAL) != 1) give_up("connect");
    one.events = up ? POLLOUT : POLLIN;
  }
  const auto begin = Clock::now(), end = begin + std::chrono::seconds(seconds);
  double total = 0;
  while (Clock::now() < end) {
    (void)poll(polled.data(), polled.size(), 100);
    for (pollfd& one : polled) {
      if (one.revents == 0) continue;
      const ssize_t moved = move(one.fd, up, octets);
      if (moved < 0) give_up("stream");
      total += static_cast<double>(moved);
    }
  }
  const double took = std::chrono::duration<double>(Clock::now() - begin).count();
  std::uint64_t again = 0, acknowledged = 0;
  for (const pollfd& one : polled) {
    tcp_info facts{};
    socklen_t length = sizeof facts;
    if (getsockopt(one.fd, IPPROTO_TCP, TCP_INFO, &facts, &length) < 0) continue;
    again += facts.tcpi_total_retrans;
    acknowledged += facts.tcpi_bytes_acked;
  }
  if (up) total = static_cast<double>(acknowledged); // what arrived
  std::printf(
      "{\"phase\":\"tcp\",\"seconds\":%.3f,\"octets\":%.0f,\"octets_per_second\":%.0f,\"retransmitted\":%llu}\n", took,
      total, total / took, static_cast<unsigned long long>(again));
  return 0;
}

int run_udp(const char* address, const char* port, long seconds, std::size_t size, std::size_t in_flight,
            std::size_t flows) {
  struct Flow {
    std::size_t in_flight = 0;
    Clock::time_point heard;
  };
  std::vector<pollfd> polled;
  std::vector<Flow> all(flows);
  for (std::size_t i = 0; i < flows; ++i)
    polled.push_back({connect_to(address, port, SOCK_DGRAM), POLLIN, 0});
  Datagrams datagrams;
  std::uint64_t sent = 0, received = 0, lost = 0;
  const std::size_t each = std::max<std::size_t>(1, in_flight / flows);
  const auto begin = Clock::now(), end = begin + std::chrono::seconds(seconds);
  auto now = begin;
  for (; now < end; now = Clock::now()) {
    for (std::size_t i = 0; i < flows; ++i) {
      Flow& flow = all[i];
      if (polled[i].revents != 0)
        for (std::size_t got; (got = datagrams.receive(polled[i].fd)) != 0;) {
          received += got;
          flow.in_flight -= std::min(got, flow.in_flight);
          flow.heard = now;
        }
      if (flow.in_flight != 0 && now - flow.heard > lost_after) lost += std::exchange(flow.in_flight, 0);
      if (flow.in_flight == 0) flow.heard = now;
      while (flow.in_flight < each) {
        const std::size_t taken = datagrams.send(polled[i].fd, std::min(batch, each - flow.in_flight), size);
        if (taken == 0) break;
        flow.in_flight += taken;
        sent += taken;
      }
    }
    (void)poll(polled.data(), polled.size(), 50);
  }
  const double took = std::chrono::duration<double>(now - begin).count();
  std::printf("{\"phase\":\"udp\",\"seconds\":%.3f,\"sent\":%llu,\"received\":%llu,\"lost\":%llu,\"datagrams_per_"
              "second\":%.0f}\n",
              took, static_cast<unsigned long long>(sent), static_cast<unsigned long long>(received),
              static_cast<unsigned long long>(lost), 2.0 * static_cast<double>(received) / took);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "serve" && argc == 4)
    return serve(static_cast<std::uint16_t>(number(argv[2], 1, 65'535)), number(argv[3], 1, 86'400));
  if (mode == "tcp" && argc == 7 && (std::string_view(argv[6]) == "up" || std::string_view(argv[6]) == "down"))
    return run_tcp(argv[2], argv[3], number(argv[4], 1, 3'600), number(argv[5], 1, 256),
                   std::string_view(argv[6]) == "up");
  if (mode == "udp" && argc == 8)
    return run_udp(
        argv[2], argv[3], number(argv[4], 1, 3'600), static_cast<std::size_t>(number(argv[5], 1, datagram_max)),
        static_cast<std::size_t>(number(argv[6], 1, 65'536)), static_cast<std::size_t>(number(argv[7], 1, 256)));
  std::fputs("netload serve PORT SECONDS\n"
             "netload tcp ADDRESS PORT SECONDS STREAMS up|down\n"
             "netload udp ADDRESS PORT SECONDS SIZE IN_FLIGHT FLOWS\n",
             stderr);
  return 2;
}
