// config save and config restore: what is saved comes back, also from files of OpenL2TP 1.8, and what is wrong changes
// nothing.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "tests/unit/tools/l2tpconfig/command_fixture.hpp"
#include "tools/l2tpconfig/script.hpp"

namespace openl2tp {
namespace {

using cli::Dialect;
using cli::Status;

class Config : public test::CommandTest {
 protected:
  void SetUp() override {
    test::CommandTest::SetUp();
    folder_ = std::filesystem::temp_directory_path() / ("l2tpconfig-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    control_.ids = {};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Status script(std::string_view text, Dialect dialect = Dialect::saved) {
    out_.str("");
    err_.str("");
    return cli::run_script(context_, text, "FILE", dialect);
  }
  std::string saved() {
    context_.secrets = true;
    return output_of("config save");
  }
  [[nodiscard]] std::string path(const char* name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
};

TEST_F(Config, EverythingThatWasGivenComesBack) {
  ASSERT_EQ(run("peer profile create profile_name=\"a b\" peer_ipaddr=10.1.0.0 netmask=255.255.0.0 lac_lns=lns"),
            Status::done);
  ASSERT_EQ(run("tunnel profile create profile_name=tp auth_mode=challenge secret=\"it's #;$'\\\" hide_avps=yes "
                "framing_caps=sync host_name=h mtu=1400"),
            Status::done);
  ASSERT_EQ(run("session profile create profile_name=sp session_type=lnic connect_speed=10:20 bearer_type=analog"),
            Status::done);
  ASSERT_EQ(run("ppp profile modify profile_name=default auth_pap=no sync_mode=async dns_ipaddr_pri=1.2.3.4"),
            Status::done);
  const std::string first = saved();
  control_.profile_store.reset();
  EXPECT_NE(saved(), first);
  ASSERT_EQ(script(first), Status::done) << err_.str() << out_.str();
  EXPECT_EQ(saved(), first);
}

TEST_F(Config, RestoringOntoAConfiguredDaemonModifies) {
  ASSERT_EQ(run("tunnel profile create profile_name=tp hello_timeout=30"), Status::done);
  const std::string first = saved();
  ASSERT_EQ(run("tunnel profile modify profile_name=tp hello_timeout=40"), Status::done);
  ASSERT_EQ(script(first), Status::done) << err_.str();
  EXPECT_EQ(saved(), first);
}

TEST_F(Config, FilesOfOpenl2tpRestore) {
  ASSERT_EQ(run("config restore file=" OPENL2TP_SOURCE_DIR "/tests/system/transcripts/saved.cfg"), Status::done)
      << err_.str() << out_.str();
  const std::string text = output_of("tunnel profile show profile_name=tp1");
  EXPECT_NE(text.find("framing capability: NONE"), std::string::npos);
  EXPECT_NE(text.find("max sessions: 9"), std::string::npos);
}

TEST_F(Config, TunnelsAndSessionsKeepTheirNamesAndIds) {
  auto tunnel = test::full_tunnel();
  tunnel.tunnel_id = 50199;
  tunnel.created_by_admin = true;
  tunnel.state = "ESTABLISHED";
  tunnel.supplied.tunnel_name = "t1";
  control_.tunnels = {tunnel};
  runtime::SessionReport session;
  session.tunnel_id = 50199;
  session.session_id = 7;
  session.created_by_admin = true;
  session.config.session_name = "s one";
  session.supplied.user_password = session.config.user_password = "p\nw";
  control_.sessions = {session};
  const std::string text = saved();
  EXPECT_NE(text.find("tunnel create tunnel_name=t1 dest_ipaddr="), std::string::npos) << text;
  EXPECT_NE(text.find("\ttunnel_id=50199 \\\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\tsession_id=7 \\\n\tsession_name=\"s one\" \\\n"), std::string::npos) << text;
  EXPECT_NE(text.find("user_password=$'p\\x0aw'"), std::string::npos) << text;
  ASSERT_EQ(script(text), Status::done) << err_.str() << out_.str();
  EXPECT_EQ(control_.session_parameters.user_password, "p\nw");
}

TEST_F(Config, SecretsAreLeftOutOfTheTerminalUnlessAskedFor) {
  ASSERT_EQ(run("tunnel profile create profile_name=tp secret=hush"), Status::done);
  ASSERT_EQ(run("config save"), Status::done);
  EXPECT_EQ(out_.str().find("hush"), std::string::npos);
  EXPECT_NE(err_.str().find("--secrets"), std::string::npos);
}

TEST_F(Config, SavedFilesAreTheOwnersAlone) {
  std::ofstream(path("f")) << "old";
  std::filesystem::permissions(path("f"), std::filesystem::perms::all);
  ASSERT_EQ(run("config save file=" + path("f")), Status::done) << err_.str();
  struct stat status{};
  ASSERT_EQ(stat(path("f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << "no temporary file stays";
}

TEST_F(Config, TheFirstErrorNamesFileLineAndCommandAndChangesNothing) {
  const int before = control_.calls;
  EXPECT_EQ(
      script("system modify max_tunnels=5\n\n# x\ntunnel profile create \\\n\tprofile_name=x \\\n\tbogus=1 \\\n\n"),
      Status::usage);
  EXPECT_NE(err_.str().find("FILE:4: tunnel profile create"), std::string::npos) << err_.str();
  EXPECT_EQ(out_.str(), "Error at or near 'bogus=1'\n");
  EXPECT_EQ(control_.calls, before);
}

TEST_F(Config, ARefusalStopsTheScript) {
  control_.fault = runtime::ControlFault::tunnel_limit_exceeded;
  EXPECT_EQ(script("tunnel create dest_ipaddr=1.2.3.4\ntunnel list\n"), Status::failed);
  EXPECT_NE(err_.str().find("FILE:1: tunnel create dest_ipaddr=1.2.3.4\nAborting.\n"), std::string::npos) << err_.str();
}

TEST_F(Config, MissingFilesAndArgumentsAreTold) {
  expect("config restore file=/nonexistent", Status::failed, "Error at or near 'restore'\n",
         "Failed to open input file /nonexistent: No such file or directory\n");
  EXPECT_EQ(run("config restore"), Status::usage);
  EXPECT_EQ(err_.str(), "Required file_name argument is missing.\n");
}

TEST_F(Config, ScriptsRunNoScripts) {
  EXPECT_EQ(script("config restore file=/nonexistent\n"), Status::failed);
  std::ofstream(path("loop")) << "config restore file=" << path("loop") << "\n";
  EXPECT_EQ(run("config restore file=" + path("loop")), Status::failed);
  EXPECT_NE(err_.str().find("cannot run another"), std::string::npos) << err_.str();
}

TEST_F(Config, ConfigurationFilesKnowSemicolonsAndComments) {
  EXPECT_EQ(script("system modify max_tunnels=1; system modify max_sessions=2 # both\n", Dialect::configuration),
            Status::done)
      << err_.str() << out_.str();
  EXPECT_EQ(err_.str(), "Modified system config\nModified system config\n");
  EXPECT_EQ(script("session profile create profile_name=\"a;b#c\"\n", Dialect::configuration), Status::done);
  EXPECT_NE(output_of("session profile list").find("a;b#c"), std::string::npos);
}

TEST_F(Config, CommandsAreBounded) {
  EXPECT_EQ(script("session profile create profile_name=" + std::string(cli::kScriptCommandMax, 'x')), Status::usage);
  std::string words = "tunnel list";
  for (std::size_t i = 0; i <= cli::kWordsMax; ++i)
    words += " names";
  EXPECT_EQ(script(words), Status::usage);
}

TEST_F(Config, HostileScriptsAreRefusedInPeace) {
  constexpr std::string_view pieces[] = {"tunnel",      "profile", "create", " ",       "profile_name=",
                                         "\"",          "'",       "$'",     "\\",      "\\x4",
                                         "\n",          ";",       "#",      "=",       "\t",
                                         "\r",          "system",  "modify", "secret=", "-1",
                                         "99999999999", "\\\n",    "\xff",   "default"};
  std::mt19937 random(7); // NOLINT: the same scripts every time
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::uint32_t i = random() % 30; i > 0; --i)
      text += pieces[random() % std::size(pieces)];
    for (const Dialect dialect : {Dialect::saved, Dialect::configuration}) {
      out_.str("");
      err_.str("");
      if (cli::check_script(context_, text, "FILE", dialect) != Status::done) {
        EXPECT_NE(err_.str().find("FILE:"), std::string::npos) << text;
      }
    }
  }
}

TEST(QuotedWord, ComesBackFromTheTokeniserWhateverItHolds) {
  std::mt19937 random(11); // NOLINT: the same words every time
  for (int round = 0; round < 5000; ++round) {
    std::string word = "x=";
    for (std::uint32_t i = random() % 20; i > 0; --i) {
      const std::uint32_t kind = random() % 4;
      word += kind == 0 ? "'\"\\$ ;#"[random() % 7] : static_cast<char>(1 + random() % 255);
    }
    const auto words = cli::tokenise("a " + cli::quoted_word(word));
    ASSERT_TRUE(words) << word;
    ASSERT_EQ(words->size(), 2u) << word;
    EXPECT_EQ(words->back(), word);
  }
}

} // namespace
} // namespace openl2tp
