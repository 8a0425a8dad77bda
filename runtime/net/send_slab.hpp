// Datagrams on their way out. A slot owns its octets until the kernel is done with them, so senders keep nothing. Small
// datagrams use a fixed slab; when that is empty, or for large ones, the heap, up to a bound; beyond it a datagram is
// dropped and counted, as if the network had lost it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/net/packet_info.hpp"
#include "runtime/net/socket_address.hpp"
#include "runtime/ring/operation.hpp"

namespace openl2tp::runtime {

class SendSlab;

/// Told when a datagram left or was lost; outlives its sends.
class SendOwner {
 public:
  /// @param result  octets sent or a negative errno value.
  virtual void on_sent(int result) noexcept = 0;

 protected:
  ~SendOwner() = default;
};

class SendSlot final : public Operation {
 public:
  SocketAddress address;
  msghdr message{};
  iovec data{};
  alignas(cmsghdr) std::byte control[kPacketInfoOctets];
  SendOwner* owner = nullptr;

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
  [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }

 private:
  friend class SendSlot;
  void release(SendSlot& slot) noexcept;
  [[nodiscard]] std::size_t stride() const noexcept;

  SendLimits limits_;
  std::byte* memory_;
  std::uint32_t never_used_ = 0; // slots from here on were never touched, so they cost no memory yet
  SendSlot* free_ = nullptr;
  std::size_t heap_in_use_ = 0;
  std::size_t in_use_ = 0;
};

} // namespace openl2tp::runtime
