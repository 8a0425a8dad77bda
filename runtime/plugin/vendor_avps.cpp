#include "runtime/plugin/vendor_avps.hpp"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace openl2tp::runtime {

namespace {

constinit thread_local const openl2tp_avp_writer* open_here = nullptr;

openl2tp_message_facts facts_of(const protocol::VendorMessage& message) noexcept {
  openl2tp_message_facts facts{};
  facts.struct_size = sizeof facts;
  facts.message_type = static_cast<std::uint16_t>(message.type);
  facts.tunnel_id = message.tunnel.value;
  facts.session_id = message.session.value;
  facts.peer_tunnel_id = message.peer_tunnel.value;
  facts.peer_session_id = message.peer_session.value;
  return facts;
}

} // namespace

OpenAvpWriter::OpenAvpWriter(openl2tp_avp_writer& writer) noexcept : before_(std::exchange(open_here, &writer)) {}

OpenAvpWriter::~OpenAvpWriter() { open_here = before_; }

const Plugin* PluginVendorAvps::owner_of(std::uint16_t vendor) const noexcept {
  for (const auto& plugin : plugins_.plugins())
    if (plugin->vendor_avp && plugin->vendor_avp->vendor_id == vendor) return plugin.get();
  return nullptr;
}

bool PluginVendorAvps::understands(std::uint16_t vendor, std::uint16_t attribute) const noexcept {
  const Plugin* owner = owner_of(vendor);
  return owner != nullptr && host_.understands_avp(*owner, attribute);
}

void PluginVendorAvps::read(const protocol::VendorMessage& message,
                            std::span<const protocol::VendorAvp> avps) noexcept {
  const openl2tp_message_facts facts = facts_of(message);
  for (const auto& plugin : plugins_.plugins()) {
    if (!plugin->vendor_avp || plugin->vendor_avp->read == nullptr) continue;
    std::array<openl2tp_avp_in, protocol::vendor_avps_max> own{};
    std::size_t count = 0;
    for (const protocol::VendorAvp& avp : avps) {
      if (avp.vendor != plugin->vendor_avp->vendor_id || count == own.size()) continue;
      openl2tp_avp_in& into = own[count++];
      into.value = reinterpret_cast<const std::uint8_t*>(avp.value.data());
      into.length = static_cast<std::uint32_t>(avp.value.size());
      into.flags = (avp.mandatory ? OPENL2TP_AVP_MANDATORY : 0U) | (avp.hidden ? OPENL2TP_AVP_HIDDEN : 0U);
      into.attribute = avp.attribute;
    }
    if (count != 0) host_.read_avps(*plugin, facts, std::span(own).first(count));
  }
}

void PluginVendorAvps::add(const protocol::VendorMessage& message, protocol::VendorAvpWriter& writer) noexcept {
  const openl2tp_message_facts facts = facts_of(message);
  for (const auto& plugin : plugins_.plugins()) {
    if (!plugin->vendor_avp || plugin->vendor_avp->add == nullptr) continue;
    openl2tp_avp_writer own{writer, *plugin->host, plugin->vendor_avp->vendor_id};
    const OpenAvpWriter open(own);
    host_.add_avps(*plugin, facts, own);
  }
}

openl2tp_status add_avp(openl2tp_avp_writer* writer, std::uint16_t attribute, std::uint32_t flags, const void* value,
                        std::size_t length) noexcept {
  constexpr std::uint32_t known = OPENL2TP_AVP_MANDATORY | OPENL2TP_AVP_HIDDEN;
  if (writer == nullptr || writer != open_here) { // what it points to may be gone: not looked at
    complain_here("avp_add to no message that is being written: a writer is good during one call of add");
    return OPENL2TP_E_INVALID;
  }
  const auto refuse = [&](std::string_view why) {
    writer->host.complain(fmt::format("avp_add of attribute {}: {}", attribute, why));
    return OPENL2TP_E_INVALID;
  };
  if (value == nullptr && length != 0) return refuse(fmt::format("{} octets at NULL", length));
  if ((flags & ~known) != 0) return refuse(fmt::format("flags 0x{:x}, known are 0x{:x}", flags, known));
  using Added = protocol::VendorAvpWriter::Added;
  switch (writer->writer.add({.vendor = writer->vendor,
                              .attribute = attribute,
                              .mandatory = (flags & OPENL2TP_AVP_MANDATORY) != 0,
                              .value = {static_cast<const std::byte*>(value), length},
                              .hidden = (flags & OPENL2TP_AVP_HIDDEN) != 0})) {
  case Added::yes: return OPENL2TP_OK;
  case Added::no_room: return OPENL2TP_E_NO_MEMORY;
  case Added::no_secret: return OPENL2TP_E_UNSUPPORTED;
  case Added::invalid: return refuse(fmt::format("{} octets are too many", length));
  }
  return OPENL2TP_E_INVALID;
}

} // namespace openl2tp::runtime
