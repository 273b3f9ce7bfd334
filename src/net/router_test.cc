#include "net/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab::net {
namespace {

Request request(std::string method, std::string_view target) {
  Request result;
  result.method = std::move(method);
  result.target = *parse_target(target);
  return result;
}

Handler says(std::string text) {
  return [text = std::move(text)](const Request& asked) {
    Response response;
    response.body = text;
    for (const auto& [name, value] : asked.path)
      response.body += " " + name + "=" + value;
    return response;
  };
}

Router sample() {
  Router router;
  router.add("GET", "/a", says("list"));
  router.add("POST", "/a", says("create"));
  router.add("GET", "/a/:name", says("one"));
  router.add("PUT", "/a/:name/b/:part", says("part"));
  router.add("GET", "/", says("root"));
  return router;
}

TEST(Router, FindsByMethodAndPattern) {
  const auto router = sample();
  EXPECT_EQ(router.handle(request("GET", "/")).body, "root");
  EXPECT_EQ(router.handle(request("GET", "/a")).body, "list");
  EXPECT_EQ(router.handle(request("POST", "/a")).body, "create");
  EXPECT_EQ(router.handle(request("GET", "/a/x%2Fy")).status, 404);  // a slash is a slash, however it is written
  EXPECT_EQ(router.handle(request("GET", "/a/x%20y")).body, "one name=x y");
  EXPECT_EQ(router.handle(request("HEAD", "/a")).body, "list");
  EXPECT_EQ(router.handle(request("PUT", "/a/1/b/2")).body, "part name=1 part=2");
}

TEST(Router, Answers404And405WithTheErrorObject) {
  const auto router = sample();
  const auto missing = router.handle(request("GET", "/b"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(missing.body, ::testing::HasSubstr(R"("code":"not_found")"));
  EXPECT_EQ(router.handle(request("GET", "/a/")).status, 404);
  const auto wrong = router.handle(request("DELETE", "/a"));
  EXPECT_EQ(wrong.status, 405);
  ASSERT_NE(wrong.headers.find("Allow"), nullptr);
  EXPECT_EQ(*wrong.headers.find("Allow"), "GET, HEAD, POST");
}

TEST(Router, FallsBack) {
  auto router = sample();
  router.set_fallback(says("page"));
  EXPECT_EQ(router.handle(request("GET", "/anything/else")).body, "page");
  EXPECT_EQ(router.handle(request("DELETE", "/a")).status, 405);
}

TEST(Router, ListsItsRoutes) {
  EXPECT_THAT(sample().routes(), ::testing::Contains(std::pair<std::string, std::string>("PUT", "/a/:name/b/:part")));
  EXPECT_EQ(sample().routes().size(), 5u);
}

}  // namespace
}  // namespace trimtab::net
