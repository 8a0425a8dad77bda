#include "runtime/plugin/ops_copy.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

namespace openl2tp::runtime {

namespace {

constexpr std::size_t name_length_max = 32;

bool name_is_legal(const char* name) {
  const std::size_t length = ::strnlen(name, name_length_max + 1);
  if (length == 0 || length > name_length_max) return false;
  return std::all_of(name, name + length,
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

} // namespace

tl::expected<openl2tp_plugin_ops, std::string> copy_plugin_ops(const openl2tp_plugin_ops* theirs) {
  if (theirs == nullptr)
    return tl::unexpected(std::string("its entry point refused to start (the log may have its reason)"));
  // The version follows the size directly and has always been there, so it may be read before the size is judged
  // against ours.
  constexpr std::uint32_t version_end = offsetof(openl2tp_plugin_ops, abi_minor) + sizeof(std::uint16_t);
  if (theirs->struct_size >= version_end && theirs->abi_major != OPENL2TP_ABI_MAJOR)
    return tl::unexpected(fmt::format(
        "it was made for version {}.{} of the plugin interface, this daemon has {}.{}: the first numbers must be equal",
        theirs->abi_major, theirs->abi_minor, OPENL2TP_ABI_MAJOR, OPENL2TP_ABI_MINOR));
  if (theirs->struct_size < plugin_ops_size_min)
    return tl::unexpected(fmt::format("its table of functions has {} octets, at least {} are needed",
                                      theirs->struct_size, plugin_ops_size_min));

  openl2tp_plugin_ops ours{};
  std::memcpy(&ours, theirs, std::min<std::size_t>(theirs->struct_size, sizeof ours));
  ours.struct_size = sizeof ours;

  if (ours.name == nullptr || !name_is_legal(ours.name))
    return tl::unexpected(std::string("its name is missing or not 1 to 32 of a-z 0-9 _ -"));
  if ((ours.provides & ~OPENL2TP_PROVIDES_PPP) != 0)
    return tl::unexpected(
        fmt::format("it provides 0x{:x}, this daemon knows 0x{:x}", ours.provides, OPENL2TP_PROVIDES_PPP));
  if (ours.data_path != OPENL2TP_DATA_PATH_NONE)
    return tl::unexpected(
        fmt::format("it wants data path {}, this daemon has {} (none)", ours.data_path, OPENL2TP_DATA_PATH_NONE));
  if ((ours.shard_start == nullptr) != (ours.shard_stop == nullptr))
    return tl::unexpected(std::string("shard_start and shard_stop must be there together"));
  if ((ours.provides & OPENL2TP_PROVIDES_PPP) != 0) {
    if (ours.ppp_open == nullptr) return tl::unexpected(std::string("it provides PPP but has no ppp_open"));
    if (ours.ppp_close == nullptr) return tl::unexpected(std::string("it provides PPP but has no ppp_close"));
  }
  return ours;
}

} // namespace openl2tp::runtime
