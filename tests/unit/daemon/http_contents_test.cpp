// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/http_exchange.hpp"
#include "support/mutations.hpp"

namespace cmm {
namespace {

using testing::StartsWith;

constexpr std::string_view kRequest =
    "GET /page?x=1 HTTP/1.1\r\nHost: localhost:9110\r\nConnection: close\r\n\r\n";
constexpr std::string_view kOther = "GET /other HTTP/1.1\r\nHost: x\r\n\r\n";

/// What a client gets that sends these bytes; /page alone is known.
std::string answer(std::string_view sent) {
  const auto handler = [](std::string_view path) {
    EXPECT_EQ(path.find('?'), std::string_view::npos);
    if (path != "/page") return HttpResponse{.status = 404};
    return HttpResponse{.body = std::make_shared<const std::string>("the page")};
  };
  const auto received = test::http_exchange(sent, handler);
  EXPECT_TRUE(received) << "no end";
  EXPECT_TRUE(test::are_http_responses(received.value_or(""))) << *received;
  return received.value_or("");
}

TEST(HttpContents, GetTheirAnswerOrAReasonOrNothing) {
  ASSERT_THAT(answer(kRequest), StartsWith("HTTP/1.1 200 OK\r\n"));
  for (const auto& [what, text] : test::mutants(kRequest)) {
    SCOPED_TRACE(what);
    answer(text);
  }
}

TEST(HttpContents, OfAPartOfARequestGetNothingOfWhatIsAskedFor) {
  for (const auto& [what, text] : test::truncated(kRequest)) {
    EXPECT_EQ(answer(text).find("200 OK"), std::string::npos) << what;
  }
}

struct Refused {
  const char* why;
  std::string sent;
  const char* start;  ///< of the answer
};

TEST(HttpContents, ThatAreNoRequestAreRefused) {
  const std::string megabyte(1'000'000, 'a');
  const std::vector<Refused> rows{
      {"no HTTP", "\x16\x03\x01 client hello\r\n\r\n", "HTTP/1.1 400"},
      {"another version", "GET /page HTTP/9.9\r\n\r\n", "HTTP/1.1 400"},
      {"a method that changes things", "DELETE /page HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405"},
      {"a body", "GET /page HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 413"},
      {"a body without end", "POST /page HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n",
       "HTTP/1.1 413"},
      {"a length past 2^64", "GET /page HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n",
       "HTTP/1.1 400"},
      {"a negative length", "GET /page HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400"},
      {"two lengths", "GET /page HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n", "HTTP/1.1 400"},
      {"a path of a megabyte", "GET /" + megabyte + " HTTP/1.1\r\n\r\n", "HTTP/1.1 413"},
      {"a header of a megabyte", "GET /page HTTP/1.1\r\nX: " + megabyte + "\r\n\r\n", "HTTP/1.1 413"},
      {"a megabyte without line end", megabyte, "HTTP/1.1 4"},
  };
  for (const auto& row : rows) EXPECT_THAT(answer(row.sent), StartsWith(row.start)) << row.why;
}

TEST(HttpContents, OfManyRequestsAtOnceGetAsManyAnswers) {
  std::string sent;
  for (int i = 0; i < 100; ++i) sent += kOther;
  const auto received = answer(sent);
  std::size_t answers = 0;
  for (auto at = received.find("HTTP/1.1 404"); at != std::string::npos;
       at = received.find("HTTP/1.1 404", at + 1)) {
    ++answers;
  }
  EXPECT_EQ(answers, 100U);
}

}  // namespace
}  // namespace cmm
