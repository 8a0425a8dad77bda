// Datagrams in and out of a ring, for one UDP socket. Received ones reach their sink in batches, straight from the
// receive buffers: no allocation, no copy and no coroutine resumption for a datagram. What is sent is copied, and
// leaves at the end of the turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "protocol/endpoint.hpp"
#include "runtime/coro/event.hpp"
#include "runtime/loop/loop.hpp"
#include "runtime/net/peer_troubles.hpp"
#include "runtime/net/send_slab.hpp"
#include "runtime/ring/buffer_pool.hpp"
#include "runtime/ring/unique_fd.hpp"

namespace openl2tp::runtime {

class UdpEndpoint; // NOLINT(cppcoreguidelines-virtual-class-destructor): it is final, which the check does not see here

struct Datagram {
  std::span<const std::byte> octets; // valid during the sink's call
  protocol::Path path;               // peer: who sent it; local: the address that was asked, with the socket's port
  bool truncated = false;            // longer than a receive buffer; `octets` is its beginning. Not with default pools
};

class DatagramSink {
 public:
  /// In the loop's thread, once a turn for each run of datagrams of `endpoint`. May send, post, arm timers; may call
  /// close().
  virtual void on_datagrams(UdpEndpoint& endpoint, std::span<const Datagram> batch) noexcept = 0;
  /// The kernel refused what send_tagged() had taken: no route, no permission, no buffer space... May count, but not
  /// send; `octets` are valid during the call.
  virtual void on_refused(UdpEndpoint& /*endpoint*/, std::uint32_t /*tag*/,
                          std::span<const std::byte> /*octets*/) noexcept {}
  /// Why datagrams to `peer` are lost: the kernel refused one, or an ICMP message says so. May count and remember, but
  /// not send.
  virtual void on_trouble(UdpEndpoint& /*endpoint*/, const protocol::Endpoint& /*peer*/,
                          const Trouble& /*trouble*/) noexcept {}

 protected:
  ~DatagramSink() = default;
};

/// What was lost on this side, in datagrams unless said otherwise.
struct UdpLosses {
  std::uint64_t truncated = 0;
  std::uint64_t invalid = 0;
  std::uint64_t receive_errors = 0; // times
  std::uint64_t send_dropped = 0;
  std::uint64_t send_errors = 0;
};

struct UdpPoolOptions {
  std::uint16_t group = 0;              // number of the buffer group, one for each pool of a ring
  std::uint32_t receive_buffers = 1024; // a power of two
  // Every UDP datagram fits: 65,527 octets, and about 110 for address and control data. A small one touches the first
  // page alone. An odd number of pages, so that the beginnings of the buffers do not share their place in the caches.
  std::uint32_t buffer_octets = 17 * 4096;
  SendLimits send = {};
};

/// What all endpoints of a loop share. Made after the loop, destroyed before it and after the endpoints.
class UdpPool final : private LoopHook {
 public:
  /// Aborts when the kernel refuses the buffer ring: the probe at start has shown that it does not.
  UdpPool(Loop& loop, const UdpPoolOptions& options);
  ~UdpPool();

  [[nodiscard]] std::size_t sends_in_flight() const noexcept { return slab_.in_use(); }
  /// Of all endpoints that there are and were.
  [[nodiscard]] const UdpLosses& losses() const noexcept { return losses_; }

 private:
  friend class UdpEndpoint;
  struct Held {
    UdpEndpoint* endpoint;
    std::uint16_t buffer_id;
    std::uint32_t used; // octets of the buffer
  };

  void after_completions(protocol::TimePoint now) noexcept override;

  Loop& loop_;
  BufferPool buffers_;
  SendSlab slab_;
  // Received in this turn; as many entries as there are buffers, so they never grow.
  std::vector<Datagram> batch_;
  std::vector<Held> held_;
  std::vector<UdpEndpoint*> to_rearm_;
  UdpLosses losses_;
};

struct UdpOptions {
  protocol::Endpoint local; // as bound, with the real port; an unspecified address asks the kernel which one was meant
  bool connected = false;   // the socket is connected: sends carry no address
  // Registered with the ring a socket is a little cheaper a request, but kernels keep it open after it was closed here
  // until every request that any registered file had before is over: for sockets that live as long as the loop.
  bool registered = true;
};

/// Datagrams unless said otherwise. Errors of single datagrams are losses: L2TP retransmits.
struct UdpCounters {
  std::uint64_t received = 0;
  std::uint64_t received_octets = 0;
  std::uint64_t truncated = 0;         // larger than a buffer, handed on as such
  std::uint64_t invalid = 0;           // without a usable address
  std::uint64_t receive_errors = 0;    // no memory...
  std::uint64_t icmp_errors = 0;       // messages about what was sent
  std::uint64_t buffers_exhausted = 0; // times; nothing is lost, the socket's own buffer holds them
  std::uint64_t sent = 0;
  std::uint64_t sent_octets = 0;
  std::uint64_t sent_runs = 0;    // calls that sent several of them
  std::uint64_t send_dropped = 0; // no slot was free
  std::uint64_t send_errors = 0;  // refused, unreachable, no buffer space, too big...
  std::uint64_t send_retries = 0; // an ICMP message about another datagram had failed the call
};

class UdpEndpoint final : private Operation, private SendOwner, private LoopTimer {
 public:
  /// Takes `socket`, which must be blocking (O_NONBLOCK makes the ring answer EAGAIN). Asks the kernel for the ICMP
  /// messages about what it sends (IP_RECVERR).
  UdpEndpoint(Loop& loop, UdpPool& pool, UniqueFd socket, const UdpOptions& options, DatagramSink& sink);
  UdpEndpoint(const UdpEndpoint&) = delete;
  UdpEndpoint& operator=(const UdpEndpoint&) = delete;
  /// Close it and await closed() first (a never started, never used one may just go).
  ~UdpEndpoint();

  /// Begins to receive.
  void start();
  /// Sends `octets` (at most 65,507 of them) to `path.peer`. Where the socket is bound to no particular address it
  /// leaves from `path.local.address`, unless that is unspecified too. @return false when it was dropped for lack of a
  /// slot (counted).
  bool send(const protocol::Path& path, std::span<const std::byte> octets) noexcept { return send(path, {}, octets); }
  /// As send(); the sink hears of it with `tag`, below 2^32-1, if the kernel refuses it.
  bool send_tagged(const protocol::Path& path, std::span<const std::byte> octets, std::uint32_t tag) noexcept {
    return send_one(path, {}, octets, tag);
  }
  /// The same for a datagram whose header and payload lie in different places: each is copied once.
  bool send(const protocol::Path& path, std::span<const std::byte> prefix, std::span<const std::byte> octets) noexcept {
    return send_one(path, prefix, octets, SendSlot::no_tag);
  }
  /// As send(), for bulk data: equally long datagrams to one peer that follow each other in a turn leave in one system
  /// call, as long as the kernel takes them so. They arrive as they would otherwise.
  bool send_bulk(const protocol::Path& path, std::span<const std::byte> prefix,
                 std::span<const std::byte> octets) noexcept;
  /// No datagram reaches the sink after this. What was sent still leaves. Idempotent.
  void close() noexcept;
  /// Set when the kernel holds nothing of this endpoint any more. `const bool set = co_await endpoint.closed().wait();`
  [[nodiscard]] Event& closed() noexcept { return closed_; }

  [[nodiscard]] const protocol::Endpoint& local() const noexcept { return options_.local; }
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  [[nodiscard]] const UdpCounters& counters() const noexcept { return counters_; }
  /// Datagrams that the kernel dropped because the socket's receive buffer was full. Asks the kernel.
  [[nodiscard]] std::uint32_t kernel_drops() const noexcept;

 private:
  friend class UdpPool;

  bool send_one(const protocol::Path& path, std::span<const std::byte> prefix, std::span<const std::byte> octets,
                std::uint32_t tag) noexcept;
  void arm();
  void rearm() noexcept;
  void note_datagram(const Completion& completion) noexcept;
  void maybe_closed() noexcept;
  void complete(const Completion& completion) noexcept override;
  [[nodiscard]] bool on_failed(SendSlot& slot, int error) noexcept override;
  void tell_refused(const SendSlot& slot, int error) noexcept;
  [[nodiscard]] std::size_t take_errors() noexcept;
  void on_sent(int result) noexcept override;
  void on_run_sent(SendSlot& first, int result) noexcept override;
  [[nodiscard]] SendSlot* prepare(const protocol::Path& path, std::span<const std::byte> prefix,
                                  std::span<const std::byte> octets, std::uint32_t tag) noexcept;
  [[nodiscard]] bool join(SendSlot& slot) noexcept;
  [[nodiscard]] bool may_be_joined(std::size_t octets) noexcept;
  void on_timer(protocol::TimePoint now) noexcept override;

  Loop& loop_;
  UdpPool& pool_;
  DatagramSink& sink_;
  UdpOptions options_;
  UniqueFd socket_;
  RingFile file_;
  msghdr layout_{};
  UdpCounters counters_;
  Event closed_;
  std::uint32_t sends_in_flight_ = 0;
  std::uint32_t errors_in_row_ = 0;
  SendSlot* bulk_ = nullptr; // sent last as bulk, until any send completes: it may have others joined to it
  protocol::Path bulk_path_;
  std::size_t run_octets_refused_ = SendRun::octets_max; // datagrams this long and longer are not joined...
  protocol::TimePoint refused_at_{};                     // ...for a while
  bool started_ = false;
  bool receiving_ = false;
  bool wants_rearm_ = false;
  bool closing_ = false;
};

} // namespace openl2tp::runtime
