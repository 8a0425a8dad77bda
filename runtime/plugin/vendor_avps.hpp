// The AVPs of other vendors that plugins own, between the engine and the plugins: openl2tp/vendor_avp.h.
#pragma once

#include <span>

#include "openl2tp/vendor_avp.h"
#include "protocol/vendor_avps.hpp"
#include "runtime/plugin/host.hpp"

/// What a plugin adds its AVPs to, during one call. The name is the C ABI's, hence the global namespace.
struct openl2tp_avp_writer { // NOLINT(readability-identifier-naming)
  openl2tp::protocol::VendorAvpWriter& writer;
  openl2tp_host& host; // of the plugin that adds
  std::uint16_t vendor;
};

namespace openl2tp::runtime {

/// While it lives, the calling thread may add to this message, and to no other.
class OpenAvpWriter {
 public:
  explicit OpenAvpWriter(openl2tp_avp_writer& writer) noexcept;
  ~OpenAvpWriter();
  OpenAvpWriter(const OpenAvpWriter&) = delete;
  OpenAvpWriter& operator=(const OpenAvpWriter&) = delete;

 private:
  const openl2tp_avp_writer* before_;
};

/// [shard] One for each engine. `plugins` and `host` outlive it.
class PluginVendorAvps final : public protocol::VendorAvpOwner {
 public:
  PluginVendorAvps(const PluginSet& plugins, PluginHost& host) noexcept : plugins_(plugins), host_(host) {}

  [[nodiscard]] bool owns(std::uint16_t vendor) const noexcept override { return owner_of(vendor) != nullptr; }
  [[nodiscard]] bool understands(std::uint16_t vendor, std::uint16_t attribute) const noexcept override;
  void read(const protocol::VendorMessage& message, std::span<const protocol::VendorAvp> avps) noexcept override;
  void add(const protocol::VendorMessage& message, protocol::VendorAvpWriter& writer) noexcept override;

 private:
  [[nodiscard]] const Plugin* owner_of(std::uint16_t vendor) const noexcept;

  const PluginSet& plugins_;
  PluginHost& host_;
};

/// openl2tp_host_ops.avp_add.
openl2tp_status add_avp(openl2tp_avp_writer* writer, std::uint16_t attribute, std::uint32_t flags, const void* value,
                        std::size_t length) noexcept;

} // namespace openl2tp::runtime
