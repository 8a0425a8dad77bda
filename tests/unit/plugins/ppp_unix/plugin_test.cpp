// The plugin as the daemon loads it: through its one symbol and its tables.
#include <algorithm>
#include <cstdlib>

#include <dlfcn.h>
#include <fcntl.h>

#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_unix/fake_host.hpp"

namespace openl2tp::ppp_unix {

namespace {

using test::FakeHost;
using test::Parameters;

class PppUnixPlugin : public testing::Test {
 protected:
  void SetUp() override {
    library = dlopen(OPENL2TP_PLUGIN_DIRECTORY "/ppp_unix.so", RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    entry = reinterpret_cast<openl2tp_plugin_entry_fn>(dlsym(library, "openl2tp_plugin_entry"));
    ASSERT_NE(entry, nullptr);
    for (const char* name : {"OPENL2TP_PPPD", "OPENL2TP_PPP_SETUP_TIMEOUT"})
      unsetenv(name);
  }
  void TearDown() override {
    if (shard != nullptr) ops->shard_stop(shard);
    if (session_fd >= 0) close(session_fd);
    dlclose(library);
  }

  void load() {
    ops = entry(host.handle(), FakeHost::ops());
    ASSERT_NE(ops, nullptr);
    ppp = static_cast<const openl2tp_ppp_ops*>(ops->get_extension(OPENL2TP_EXTENSION_PPP));
    ASSERT_NE(ppp, nullptr);
    ASSERT_EQ(ops->shard_start(&shard, host.loop(), 0, 1), OPENL2TP_OK);
  }

  FakeHost host;
  Parameters with;
  void* library = nullptr;
  openl2tp_plugin_entry_fn entry = nullptr;
  const openl2tp_plugin_ops* ops = nullptr;
  const openl2tp_ppp_ops* ppp = nullptr;
  openl2tp_shard* shard = nullptr;
  int session_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
};

TEST_F(PppUnixPlugin, TakesSessionsOnTheKernelsDataPathAlone) {
  load();
  ASSERT_EQ(ppp->data_path_count, 1U);
  EXPECT_EQ(ppp->data_paths[0], OPENL2TP_DATA_PATH_KERNEL);
  openl2tp_ppp* session = nullptr;
  with.params.data_path = OPENL2TP_DATA_PATH_FRAMES;
  EXPECT_EQ(ppp->open(&session, shard, 1, &with.params), OPENL2TP_E_UNSUPPORTED);
}

TEST_F(PppUnixPlugin, IsAPppProviderAndNothingElse) {
  load();
  EXPECT_STREQ(ops->name, "ppp_unix");
  EXPECT_EQ(ops->get_extension(OPENL2TP_EXTENSION_OBSERVER), nullptr);
}

TEST_F(PppUnixPlugin, RunsTheProgramThatTheEnvironmentNames) {
  setenv("OPENL2TP_PPPD", "/bin/true", 1);
  load();
  with.params.session_fd = session_fd;
  openl2tp_ppp* session = nullptr;
  ASSERT_EQ(ppp->open(&session, shard, 1, &with.params), OPENL2TP_OK);
  EXPECT_EQ(host.children.at(0)->path, "/bin/true");
  ppp->close(session, 1);
  EXPECT_TRUE(host.children.at(0)->left);
}

TEST_F(PppUnixPlugin, FindsItsPartInsidePppdBesideItself) {
  load();
  with.params.session_fd = session_fd;
  openl2tp_ppp* session = nullptr;
  ASSERT_EQ(ppp->open(&session, shard, 1, &with.params), OPENL2TP_OK);
  const auto& words = host.children.at(0)->arguments;
  EXPECT_NE(std::ranges::find(words, OPENL2TP_PLUGIN_DIRECTORY "/pppd/openl2tpd.so"), words.end());
  ppp->close(session, 1);
}

TEST_F(PppUnixPlugin, DoesNotLoadWithAVariableThatMakesNoSense) {
  setenv("OPENL2TP_PPP_SETUP_TIMEOUT", "many", 1);
  EXPECT_EQ(entry(host.handle(), FakeHost::ops()), nullptr);
  EXPECT_TRUE(host.logged("OPENL2TP_PPP_SETUP_TIMEOUT"));
  unsetenv("OPENL2TP_PPP_SETUP_TIMEOUT");
}

TEST_F(PppUnixPlugin, WarnsWhenThereIsNoPppd) {
  setenv("OPENL2TP_PPPD", "/nowhere/pppd", 1);
  load();
  EXPECT_TRUE(host.logged("/nowhere/pppd: No such file"));
}

TEST_F(PppUnixPlugin, RefusesASessionThatContradictsItself) {
  load();
  with.params.session_fd = session_fd;
  with.profile.options = OPENL2TP_PPP_AUTH_PEER | 0x7cU;
  openl2tp_ppp* session = nullptr;
  EXPECT_EQ(ppp->open(&session, shard, 1, &with.params), OPENL2TP_E_INVALID);
  EXPECT_EQ(session, nullptr);
  EXPECT_TRUE(host.logged("session 7/9: the peer has to authenticate"));
}

TEST_F(PppUnixPlugin, SaysOnceThatProxyValuesAreNotUsed) {
  load();
  with.params.session_fd = session_fd;
  openl2tp_ppp_proxy proxy{};
  proxy.struct_size = sizeof(proxy);
  with.params.proxy = &proxy;
  for (openl2tp_session_token token = 1; token < 4; ++token) {
    openl2tp_ppp* session = nullptr;
    ASSERT_EQ(ppp->open(&session, shard, token, &with.params), OPENL2TP_OK);
    ppp->close(session, 0);
  }
  EXPECT_EQ(std::ranges::count_if(host.lines, [](const auto& line) { return line.find("proxy LCP") != line.npos; }), 1);
}

} // namespace

} // namespace openl2tp::ppp_unix
