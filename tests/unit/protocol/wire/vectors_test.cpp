// Every file of tests/vectors: decoded as its head says, encoded again, and cut at every octet.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "protocol/wire/codec.hpp"
#include "protocol/wire/header.hpp"
#include "tests/unit/protocol/wire/support.hpp"

namespace openl2tp::protocol {
namespace {

using namespace test;

struct Vector {
  std::string name, source, date, secret, expect;
  Bytes octets;
};
void PrintTo(const Vector& vector, std::ostream* out) { *out << vector.name << ".hex"; }

std::vector<Vector> load_vectors() {
  std::vector<Vector> vectors;
  for (const auto& entry : std::filesystem::directory_iterator(OPENL2TP_SOURCE_DIR "/tests/vectors")) {
    if (entry.path().extension() != ".hex") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    Vector vector{
        .name = entry.path().stem(), .source = {}, .date = {}, .secret = {}, .expect = {}, .octets = hex(text.str())};
    for (std::string line; std::getline(text, line);) {
      const auto value = [&](std::string_view key, std::string& into) {
        const std::string start = "# " + std::string(key) + ": ";
        if (line.starts_with(start)) into = line.substr(start.size());
      };
      value("source", vector.source);
      value("date", vector.date);
      value("secret", vector.secret);
      value("expect", vector.expect);
    }
    vectors.push_back(std::move(vector));
  }
  std::sort(vectors.begin(), vectors.end(), [](const Vector& a, const Vector& b) { return a.name < b.name; });
  return vectors;
}

const std::map<std::string, HeaderError> header_errors{{"truncated", HeaderError::truncated},
                                                       {"wrong_version", HeaderError::wrong_version},
                                                       {"bad_flags", HeaderError::bad_flags},
                                                       {"bad_length", HeaderError::bad_length},
                                                       {"bad_offset", HeaderError::bad_offset}};
const std::map<std::string, MessageFault> message_faults{{"no_message_type", MessageFault::no_message_type},
                                                         {"unknown_message_type", MessageFault::unknown_message_type},
                                                         {"avp_length", MessageFault::avp_length},
                                                         {"avp_value", MessageFault::avp_value},
                                                         {"unknown_mandatory_avp", MessageFault::unknown_mandatory_avp},
                                                         {"hidden_without_vector", MessageFault::hidden_without_vector},
                                                         {"hidden_without_secret", MessageFault::hidden_without_secret},
                                                         {"hidden_garbage", MessageFault::hidden_garbage},
                                                         {"illegally_hidden", MessageFault::illegally_hidden},
                                                         {"missing_avp", MessageFault::missing_avp},
                                                         {"too_many_avps", MessageFault::too_many_avps}};

class EachVector : public testing::TestWithParam<Vector> {
 protected:
  void expect_refused(const std::string& reason) {
    const auto datagram = decode_control_header(GetParam().octets);
    if (const auto expected = header_errors.find(reason); expected != header_errors.end()) {
      ASSERT_FALSE(datagram.has_value());
      EXPECT_EQ(datagram.error(), expected->second);
      return;
    }
    ASSERT_TRUE(datagram.has_value());
    ASSERT_TRUE(message_faults.contains(reason)) << reason;
    const auto decoded = decoder_.decode(datagram->body, secret_);
    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error().fault, message_faults.at(reason)) << decoded.error().describe();
  }
  void expect_accepted(const std::string& type, bool canonical) {
    const auto datagram = decode_control_header(GetParam().octets);
    ASSERT_TRUE(datagram.has_value());
    const auto decoded = decoder_.decode(datagram->body, secret_);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().describe();
    EXPECT_EQ(name(type_of(decoded->message)), type);

    Bytes again = encoded(decoded->message, {}, datagram->header.tunnel_id, datagram->header.session_id);
    patch_sequence(again, datagram->header.ns, datagram->header.nr);
    if (canonical) EXPECT_EQ(to_hex(again), to_hex(GetParam().octets));
    MessageDecoder other;
    const auto twice = other.decode(Octets(again).subspan(control_header_size), {});
    ASSERT_TRUE(twice.has_value()) << twice.error().describe();
    EXPECT_EQ(to_hex(body_of(twice->message)), to_hex(Octets(again).subspan(control_header_size)));
  }

  MessageDecoder decoder_;
  Bytes secret_ = octets_of(GetParam().secret);
};

TEST_P(EachVector, NamesItsSourceAndDate) {
  EXPECT_FALSE(GetParam().source.empty());
  EXPECT_EQ(GetParam().date.size(), 10u);
}

TEST_P(EachVector, IsDecodedAsItsHeadSays) {
  std::istringstream words(GetParam().expect);
  std::string what, detail, canonical;
  words >> what >> detail >> canonical;
  if (what == "data") {
    EXPECT_TRUE(decode_data_header(GetParam().octets).has_value());
  } else if (what == "refuse") {
    expect_refused(detail);
  } else {
    ASSERT_EQ(what, "accept");
    expect_accepted(detail, canonical == "canonical");
  }
}

TEST_P(EachVector, TruncatedAtEveryOctetIsRefusedByItsLength) {
  const Bytes& octets = GetParam().octets;
  for (std::size_t size = 0; size < octets.size(); ++size) {
    const Bytes cut(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size)); // its own block, for ASan
    EXPECT_FALSE(decode_control_header(cut).has_value()) << size;
    const auto data = decode_data_header(cut);
    if (data) EXPECT_LT(data->payload.size(), size);
  }
}

TEST_P(EachVector, TruncatedAtEveryOctetOfItsBodyNeverGivesMoreThanTheWhole) {
  const auto datagram = decode_control_header(GetParam().octets);
  if (!datagram) return;
  const auto whole = decoder_.decode(datagram->body, secret_);
  const std::size_t whole_size = whole ? body_of(whole->message).size() : 0;
  for (std::size_t size = 0; size < datagram->body.size(); ++size) {
    const Bytes cut(datagram->body.begin(), datagram->body.begin() + static_cast<std::ptrdiff_t>(size));
    const auto decoded = decoder_.decode(cut, secret_);
    if (decoded && whole) EXPECT_LT(body_of(decoded->message).size(), whole_size) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, EachVector, testing::ValuesIn(load_vectors()),
                         [](const auto& vector) { return camel(vector.param.name); });

} // namespace
} // namespace openl2tp::protocol
