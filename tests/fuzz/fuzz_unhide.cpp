// Hiding. RFC 2661 §4.3. Input: attribute (2), size of the secret (1), size of the Random Vector (1), both, then a
// hidden value. Oracle: what opens, hidden again, gives the same octets; what is hidden opens to the same octets.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "protocol/wire/hiding.hpp"
#include "protocol/wire/reader.hpp"
#include "protocol/wire/writer.hpp"
#include "tests/fuzz/check.hpp"

using namespace openl2tp::protocol;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader input(std::as_bytes(std::span(data, size)));
  const std::uint16_t attribute = input.u16();
  const std::size_t secret_size = input.u8(), vector_size = input.u8();
  const Octets secret = input.octets(std::min(secret_size, input.remaining()));
  const Octets vector = input.octets(std::min(vector_size, input.remaining()));
  const Octets hidden = input.rest();

  std::vector<std::byte> out(hidden.size());
  if (const auto value = unhide(hidden, attribute, secret, vector, out)) {
    FUZZ_CHECK(value->size() + hidden_length_size <= hidden.size());
    FUZZ_CHECK(value->data() == out.data() + hidden_length_size);
    std::vector<std::byte> again(value->size() + hidden_length_size);
    Writer writer(again);
    writer.u16(static_cast<std::uint16_t>(value->size()));
    writer.octets(*value);
    hide(again, attribute, secret, vector);
    FUZZ_CHECK(std::equal(again.begin(), again.end(), hidden.begin()));
  }

  std::vector<std::byte> subformat(hidden_length_size + hidden.size());
  Writer writer(subformat);
  writer.u16(static_cast<std::uint16_t>(hidden.size()));
  writer.octets(hidden);
  hide(subformat, attribute, secret, vector);
  out.resize(subformat.size());
  const auto value = unhide(subformat, attribute, secret, vector, out);
  FUZZ_CHECK(hidden.size() > 0xffff ||
             (value && std::equal(value->begin(), value->end(), hidden.begin(), hidden.end())));
  return 0;
}
