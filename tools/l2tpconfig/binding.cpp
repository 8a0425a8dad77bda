// The parts of binding that need no template.
#include "tools/l2tpconfig/binding.hpp"

#include <cstdlib>

namespace openl2tp::cli {

void set_octets(u_int& size, wire_u8*& target, const ArgumentValue& value) {
  if (value.octets.empty()) return;
  target = static_cast<wire_u8*>(std::malloc(value.octets.size()));
  if (target == nullptr) return;
  std::memcpy(target, value.octets.data(), value.octets.size());
  size = static_cast<u_int>(value.octets.size());
}

std::string given_name(const Arguments& arguments, std::string_view name, std::string_view id) {
  if (const ArgumentValue* value = arguments.find(name)) return value->text;
  const ArgumentValue* value = arguments.find(id);
  return value == nullptr ? std::string() : std::to_string(value->number);
}

} // namespace openl2tp::cli
