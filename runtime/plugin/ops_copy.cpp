#include "runtime/plugin/ops_copy.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

namespace openl2tp::runtime {

namespace {

constexpr std::size_t name_length_max = 32;
constexpr std::uint32_t data_paths_max = 8;

bool name_is_legal(const char* name) {
  const std::size_t length = ::strnlen(name, name_length_max + 1);
  if (length == 0 || length > name_length_max) return false;
  return std::all_of(name, name + length,
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

template <class Table>
tl::expected<Table, std::string> copy_table(const Table* theirs, std::uint32_t size_min, std::string_view what) {
  if (theirs->struct_size < size_min)
    return tl::unexpected(
        fmt::format("its table of {} has {} octets, at least {} are needed", what, theirs->struct_size, size_min));
  Table ours{};
  std::memcpy(&ours, theirs, std::min<std::size_t>(theirs->struct_size, sizeof ours));
  ours.struct_size = sizeof ours;
  if constexpr (requires { ours.reserved; })
    if (ours.reserved != 0)
      return tl::unexpected(fmt::format("its table of {} has a reserved member that is not zero", what));
  return ours;
}

tl::unexpected<std::string> missing(std::string_view extension, std::string_view function) {
  return tl::unexpected(fmt::format("it offers {} but has no {}", extension, function));
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
  auto ours = copy_table(theirs, plugin_ops_size_min, "functions");
  if (!ours) return ours;
  if (ours->name == nullptr || !name_is_legal(ours->name))
    return tl::unexpected(std::string("its name is missing or not 1 to 32 of a-z 0-9 _ -"));
  if (ours->get_extension == nullptr)
    return tl::unexpected(std::string("it has no get_extension, so it offers nothing"));
  if ((ours->shard_start == nullptr) != (ours->shard_stop == nullptr))
    return tl::unexpected(std::string("shard_start and shard_stop must be there together"));
  return ours;
}

tl::expected<openl2tp_ppp_ops, std::string> copy_ppp_ops(const openl2tp_ppp_ops* theirs) {
  auto ours = copy_table(theirs, ppp_ops_size_min, OPENL2TP_EXTENSION_PPP);
  if (!ours) return ours;
  if (ours->open == nullptr) return missing(OPENL2TP_EXTENSION_PPP, "open");
  if (ours->close == nullptr) return missing(OPENL2TP_EXTENSION_PPP, "close");
  if (ours->data_path_count == 0 || ours->data_path_count > data_paths_max || ours->data_paths == nullptr)
    return tl::unexpected(
        fmt::format("it states {} data paths, 1 to {} are allowed", ours->data_path_count, data_paths_max));
  for (std::uint32_t i = 0; i < ours->data_path_count; ++i) {
    const std::uint32_t path = ours->data_paths[i];
    if (path > OPENL2TP_DATA_PATH_FRAMES)
      return tl::unexpected(
          fmt::format("it wants data path {}, this daemon has 0 (none), 1 (kernel) and 2 (frames)", path));
    if (path == OPENL2TP_DATA_PATH_FRAMES && ours->frames == nullptr) return missing("the frames data path", "frames");
  }
  return ours;
}

tl::expected<openl2tp_observer_ops, std::string> copy_observer_ops(const openl2tp_observer_ops* theirs) {
  return copy_table(theirs, observer_ops_size_min, OPENL2TP_EXTENSION_OBSERVER);
}

tl::expected<openl2tp_bearer_ops, std::string> copy_bearer_ops(const openl2tp_bearer_ops* theirs) {
  auto ours = copy_table(theirs, bearer_ops_size_min, OPENL2TP_EXTENSION_BEARER);
  if (!ours) return ours;
  if (ours->open == nullptr) return missing(OPENL2TP_EXTENSION_BEARER, "open");
  if (ours->close == nullptr) return missing(OPENL2TP_EXTENSION_BEARER, "close");
  return ours;
}

tl::expected<openl2tp_policy_ops, std::string> copy_policy_ops(const openl2tp_policy_ops* theirs) {
  return copy_table(theirs, policy_ops_size_min, OPENL2TP_EXTENSION_POLICY);
}

tl::expected<openl2tp_vendor_avp_ops, std::string> copy_vendor_avp_ops(const openl2tp_vendor_avp_ops* theirs) {
  auto ours = copy_table(theirs, vendor_avp_ops_size_min, OPENL2TP_EXTENSION_VENDOR_AVP);
  if (!ours) return ours;
  if (ours->vendor_id == 0)
    return tl::unexpected(
        std::string("it owns the AVPs of vendor 0, which are those of RFC 2661: 1 to 65535 are free"));
  if (ours->understands == nullptr) return missing(OPENL2TP_EXTENSION_VENDOR_AVP, "understands");
  return ours;
}

} // namespace openl2tp::runtime
