// Recorded sessions about profiles, replayed: every line of output in its place. Those that need two daemons are
// replayed by tests/system/test_transcripts.py.
#include <filesystem>
#include <fstream>

#include "tests/unit/tools/l2tpconfig/command_fixture.hpp"

namespace openl2tp {
namespace {

struct Recorded {
  std::string command, out, err;
  bool failed = false, differs = false;
};

std::vector<Recorded> read_transcript(const std::string& name) {
  std::ifstream file(OPENL2TP_SOURCE_DIR "/tests/system/transcripts/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  std::vector<Recorded> all;
  for (std::string line; std::getline(file, line);) {
    if (const auto at = line.find("$ l2tpconfig "); at != std::string::npos && at < 8) {
      all.push_back({.command = line.substr(at + 13)});
    } else if (all.empty() || line.starts_with("(rc=")) {
      continue;
    } else if (line.starts_with("# differs: ")) {
      all.back().differs = true;
    } else if (line.starts_with("[err] ")) {
      all.back().err += line.substr(6) + '\n';
    } else {
      all.back().out += line + '\n';
      if (line.starts_with("Error at or near")) all.back().failed = true;
    }
  }
  return all;
}

class Transcript : public test::CommandTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(Transcript, ReadsAsRecorded) {
  control_.profile_store.reset();
  context_.secrets = true;
  const auto recorded = read_transcript(GetParam());
  ASSERT_GT(recorded.size(), 5u);
  for (const char* kind : {"peer", "tunnel", "session", "ppp"}) {
    if (std::string(kind) == "peer") continue;
    // The recorded daemon traced everything in new objects.
    ASSERT_EQ(run(std::string(kind) + " profile modify profile_name=default trace_flags=0x7ff"), cli::Status::done);
  }
  for (const Recorded& row : recorded) {
    if (row.differs) {
      (void)run(row.command);
      continue;
    }
    const cli::Status status = run(row.command);
    EXPECT_EQ(status != cli::Status::done, row.failed) << row.command;
    EXPECT_EQ(out_.str(), row.out) << row.command;
    if (!row.err.empty()) EXPECT_EQ(err_.str(), row.err) << row.command;
  }
}

INSTANTIATE_TEST_SUITE_P(Profiles, Transcript, ::testing::Values("02_profiles_default.txt", "03_profiles_crud.txt"));

} // namespace
} // namespace openl2tp
