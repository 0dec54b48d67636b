#include <gtest/gtest.h>

#include "view/device.h"

namespace gatehouse::view {
namespace {

struct sample {
  const char* user_agent;
  const char* browser;
  const char* system;
};

TEST(device, browsers_and_systems_are_told_by_what_they_send) {
  for (const sample& each : {
           sample{"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"},
           sample{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 "
                  "Safari/537.36 Edg/142.0.0.0",
                  "Edge", "Windows"},
           sample{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile "
                  "Safari/537.36",
                  "Chrome", "Android"},
           sample{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                  "Version/26.0 Mobile/15E148 Safari/604.1",
                  "Safari", "iPhone"},
           sample{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                  "Version/26.0 Safari/605.1.15",
                  "Safari", "macOS"},
           sample{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 "
                  "Safari/537.36",
                  "Chrome", "ChromeOS"},
           sample{"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 "
                  "OPR/116.0",
                  "Opera", "Windows"},
           sample{"curl/8.14.1", "curl", ""},
           sample{"python-requests/2.28.1", "python-requests", ""},
           sample{"SomeApp (Linux)", "", "Linux"},
           sample{"", "", ""},
           sample{"\xff\xc3(/1.0", "\xef\xbf\xbd\xef\xbf\xbd", ""},
       }) {
    const device told = device_of(each.user_agent);
    EXPECT_EQ(told.browser, each.browser) << each.user_agent;
    EXPECT_EQ(told.system, each.system) << each.user_agent;
  }
}

}  // namespace
}  // namespace gatehouse::view
