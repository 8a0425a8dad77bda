// Datagrams on their way out. A slot owns its octets until the kernel is done with them, so senders keep nothing. Small
// datagrams use a fixed slab; when that is empty, or for large ones, the heap, up to a bound; beyond it a datagram is
// dropped and counted, as if the network had lost it. Slots of equally long datagrams to one peer may be joined to a
// run, which one system call sends (UDP_SEGMENT).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "runtime/net/packet_info.hpp"
#include "runtime/net/socket_address.hpp"
#include "runtime/ring/operation.hpp"

namespace openl2tp::runtime {

class SendSlab;
class SendSlot; // NOLINT(cppcoreguidelines-virtual-class-destructor): it is final, which the check does not see here

/// What several slots need to leave in one call. At most 64 of them, as the kernel has it.
struct SendRun {
  static constexpr std::size_t datagrams_max = 64;
  static constexpr std::size_t octets_max = 65'000; // together, headers of UDP and IP not counted
  std::array<iovec, datagrams_max> vectors;
  alignas(cmsghdr) std::byte control[kPacketInfoOctets + CMSG_SPACE(sizeof(std::uint16_t))];
  std::uint32_t count = 0;
  msghdr alone{};           // the first slot's message as it was before others joined it
  SendSlot* last = nullptr; // of the slots, linked from the first, which is the operation
  SendRun* next_free = nullptr;
};

/// Told when a datagram left or was lost; outlives its sends.
class SendOwner {
 public:
  /// Before on_sent(), of a slot that the kernel refused with this errno value. @return true when the owner sends it
  /// once more: then it is in flight as before.
  [[nodiscard]] virtual bool on_failed(SendSlot& /*slot*/, int /*error*/) noexcept { return false; }
  /// @param result  octets sent or a negative errno value.
  virtual void on_sent(int result) noexcept = 0;
  /// The same for the first slot of a run. The owner releases the slots, or sends them one by one.
  virtual void on_run_sent(SendSlot& first, int result) noexcept = 0;

 protected:
  ~SendOwner() = default;
};

class SendSlot final : public Operation {
 public:
  static constexpr std::uint32_t no_tag = 0xffffffff;
  std::uint32_t tag = no_tag; // set anew with each use
  std::uint32_t retries = 0;
  SocketAddress address;
  msghdr message{};
  iovec data{};
  alignas(cmsghdr) std::byte control[kPacketInfoOctets];
  SendOwner* owner = nullptr;
  SendRun* run = nullptr; // of the first of a run
  SendSlot* next_in_run = nullptr;

  void complete(const Completion& completion) noexcept override;

 private:
  friend class SendSlab;
  SendSlab* slab_ = nullptr;
  SendSlot* next_ = nullptr;
  std::size_t heap_octets_ = 0; // 0: a slot of the slab
};

struct SendLimits {
  std::uint32_t slots = 1024;
  std::uint32_t slot_octets = 2048;
  std::size_t heap_octets = std::size_t{16} << 20;
};

class SendSlab {
 public:
  explicit SendSlab(const SendLimits& limits);
  SendSlab(const SendSlab&) = delete;
  SendSlab& operator=(const SendSlab&) = delete;
  /// Everything must have been sent.
  ~SendSlab();

  /// A slot with a copy of `prefix` and behind it `octets`; nullptr when everything is in use. It frees itself at its
  /// completion.
  [[nodiscard]] SendSlot* take(std::span<const std::byte> prefix, std::span<const std::byte> octets,
                               SendOwner& owner) noexcept;
  /// For a slot that has no operation: one of a run, or one that was never sent.
  void release(SendSlot& slot) noexcept;
  /// nullptr when all are in use.
  [[nodiscard]] SendRun* take_run() noexcept;
  void release_run(SendRun& run) noexcept;
  [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }

 private:
  static constexpr std::size_t runs_max = 64;
  friend class SendSlot;
  [[nodiscard]] std::size_t stride() const noexcept;

  SendLimits limits_;
  std::byte* memory_;
  std::uint32_t never_used_ = 0; // slots from here on were never touched, so they cost no memory yet
  SendSlot* free_ = nullptr;
  std::size_t heap_in_use_ = 0;
  std::size_t in_use_ = 0;
  std::unique_ptr<std::array<SendRun, runs_max>> runs_; // made when the first is needed
  SendRun* free_runs_ = nullptr;
};

} // namespace openl2tp::runtime
