// The secrets file. Input: the text. Oracle: what is counted adds up, reading the same text again changes nothing, a
// line of our own in front is found whatever follows, and no lookup leaves the file.
#include <cstdint>
#include <string>

#include "plugins/ppp_engine/secrets_file.hpp"
#include "tests/fuzz/check.hpp"

using namespace openl2tp::ppp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  SecretsFile file;
  const auto report = file.reload(text);
  FUZZ_CHECK(report.secrets == file.size());
  FUZZ_CHECK(report.problems.size() <= SecretsFile::problems_max);
  FUZZ_CHECK(report.problems.size() <= report.problem_count);
  const auto again = file.reload(text);
  FUZZ_CHECK(again.secrets == report.secrets && again.problem_count == report.problem_count);

  SecretsFile with_ours;
  const auto ours = with_ours.reload("known lns word 10.0.0.1\n" + std::string(text));
  FUZZ_CHECK(ours.secrets == report.secrets + 1);
  const auto credentials = with_ours.credentials({.user = "known", .server = "lns", .local_name = ""});
  FUZZ_CHECK(credentials && credentials->secret == "word"); // the most exact line, and the first
  const auto verdict =
      with_ours.verify({.method = AuthMethod::pap, .user = "known", .server = "lns", .response = as_octets("word")});
  FUZZ_CHECK(verdict.accepted && verdict.peer_address == Ipv4::of(10, 0, 0, 1));

  const std::string_view some = text.substr(0, std::min<std::size_t>(size, 40));
  for (const std::string_view user : {std::string_view(), std::string_view("*"), some, some.substr(some.size() / 2)})
    for (const std::string_view server : {std::string_view("lns"), some})
      for (const bool called : {false, true}) {
        const SecretRequest request{.user = user, .server = server, .local_name = "lns", .called = called};
        const auto found = file.credentials(request);
        if (!found) continue;
        FUZZ_CHECK(file.has_credentials(request));
        FUZZ_CHECK(found->name == user && !user.empty() && user != "*");
        FUZZ_CHECK(found->secret.size() <= SecretsFile::word_max && found->name.size() <= SecretsFile::word_max);
        FUZZ_CHECK(report.secrets > 0);
      }
  return 0;
}
