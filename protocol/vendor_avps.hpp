// AVPs of other vendors than the IETF, and who owns them: the owner says which mandatory ones it understands, reads
// those of messages that were accepted and adds its own to messages that are composed. RFC 2661 §4.1. Without an owner
// they are counted, and a mandatory one ends the tunnel or session. Which plugin owns which vendor is the runtime's
// business.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "protocol/ids.hpp"
#include "protocol/wire/codec.hpp"

namespace openl2tp::protocol {

/// The message in question. Ids that are not known, or that the message has nothing to do with, are 0.
struct VendorMessage {
  MessageType type = MessageType::zlb;
  TunnelId tunnel{};
  SessionId session{};
  PeerTunnelId peer_tunnel{};
  PeerSessionId peer_session{};
};

/// Takes what an owner adds to one message. Values are copied.
class VendorAvpWriter {
 public:
  static constexpr std::size_t avps_max = 16;
  static constexpr std::size_t octets_max = 2048; // of all AVPs of one message, headers included

  enum class Added : std::uint8_t {
    yes,
    no_room,   // in this message: avps_max, octets_max, or less in an SCCRP, which must not be long for whoever asked
    no_secret, // it is to be hidden, and there is no secret, or it is an SCCRQ, which hides nothing
    invalid,   // vendor 0, or a value over 1017 octets (1015 hidden)
  };

  VendorAvpWriter() = default;
  VendorAvpWriter(const VendorAvpWriter&) = delete;
  VendorAvpWriter& operator=(const VendorAvpWriter&) = delete;
  ~VendorAvpWriter() { wipe(); }

  Added add(const VendorAvp& avp) noexcept;

  // ---- for Tunnel ----

  /// Begins a message with `room` octets for AVPs.
  void begin(std::size_t room, bool can_hide) noexcept;
  [[nodiscard]] std::span<const VendorAvp> avps() const noexcept { return std::span(avps_).first(count_); }
  /// Forgets the values; they may be secret.
  void wipe() noexcept {
    explicit_bzero(octets_.data(), used_);
    used_ = count_ = 0;
  }

 private:
  std::array<VendorAvp, avps_max> avps_;
  std::array<std::byte, octets_max> octets_;
  std::size_t count_ = 0, used_ = 0;
  std::size_t room_ = 0;
  bool can_hide_ = false;
  bool has_vector_ = false; // the first hidden AVP brings a Random Vector (§4.3)
};

/// Called during engine calls on the shard's thread; must not block and must not call the engine. One for all vendors.
class VendorAvpOwner : public VendorClaims {
 public:
  virtual ~VendorAvpOwner() = default;

  /// The AVPs of owned vendors in a message that was accepted, in their order and in clear; before its answer is
  /// composed and before what it causes is reported, but after TunnelCreated or SessionCreated was said of it. Not
  /// called for a message without any. Views are valid during the call.
  virtual void read(const VendorMessage& message, std::span<const VendorAvp> avps) noexcept = 0;

  /// A message is about to be composed: once, whatever becomes of it on the way. Retransmissions have the same AVPs.
  virtual void add(const VendorMessage& message, VendorAvpWriter& writer) noexcept = 0;
};

} // namespace openl2tp::protocol
