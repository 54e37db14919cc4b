// What an operator is told: what to do, and never a key.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "backends/http/outcome.h"
#include "backends/http/redactor.h"

namespace leitai {
namespace {

std::string told(const Provider& provider, int status, CallEnd end, const std::string& why) {
  Attempt attempt;
  attempt.end = end;
  attempt.status = status;
  attempt.why = why;
  attempt.body_start = status ? "no" : "";
  return judge(provider, attempt).message;
}

TEST(Messages, AFailureSaysWhatCanBeDoneAboutIt) {
  Provider provider;
  provider.key_env = {"SOME_KEY"};
  provider.regions = {{"cn", "https://a"}, {"intl", "https://b"}};
  EXPECT_EQ(told(provider, 401, CallEnd::Complete, ""),
            "HTTP 401: no; check the key in SOME_KEY and that it belongs to this region "
            "(region=cn|intl)");
  provider.regions.erase("cn");
  EXPECT_EQ(told(provider, 401, CallEnd::Complete, ""), "HTTP 401: no; check the key in SOME_KEY");
  EXPECT_EQ(told(provider, 402, CallEnd::Complete, ""),
            "HTTP 402: no; top up the account or raise its limit, then run the same command again");
  EXPECT_EQ(told(provider, 404, CallEnd::Complete, ""),
            "HTTP 404: no; check the model's name, the address and what the key may use");
  EXPECT_EQ(
      told(provider, 0, CallEnd::BadCertificate, "certificate has expired"),
      "certificate has expired; the service has to renew it, unless the clock of this machine "
      "is wrong");
  EXPECT_EQ(told(provider, 0, CallEnd::BadCertificate, "self-signed certificate"),
            "self-signed certificate; where the service has a CA of its own, name its file by tls: "
            "{ca_file: FILE}");
  EXPECT_EQ(told(provider, 0, CallEnd::NoConnection, "Could not resolve host: x"),
            "Could not resolve host: x; check the address and the network");
  EXPECT_EQ(told(provider, 500, CallEnd::Complete, ""), "HTTP 500: no");
  EXPECT_EQ(told(provider, 0, CallEnd::BadEncoding, "rot13"), "the body cannot be decoded: rot13");
  provider.has_key = false;
  EXPECT_EQ(told(provider, 401, CallEnd::Complete, ""),
            "HTTP 401: no; no key was sent, because SOME_KEY is not set: export it, put it into "
            ".env or name another variable by key_env=");
}

TEST(Messages, AWebPageARedirectADeadProxyAndAPlainErrorAreToldAsWhatTheyAre) {
  Attempt attempt;
  attempt.status = 200;
  attempt.has_body = true;
  attempt.parsed.malformed = "the body is malformed JSON";
  attempt.body_start =
      "<!doctype html><html><style>b {c: d}</style>\n<h1>Sign in</h1> to the\nnetwork</html>";
  EXPECT_EQ(judge({}, attempt).message,
            "HTTP 200 with a web page instead of an answer: \"Sign in to the network\"; a login "
            "page or a proxy?");
  attempt = {};
  attempt.status = 302;
  attempt.headers = {{"location", "https://me:secret@login.example:8443/in?token=secret"}};
  EXPECT_EQ(judge({}, attempt).message,
            "HTTP 302; a redirect to login.example:8443 is never followed: check the address");
  attempt = {};
  attempt.status = 400;
  attempt.parsed.error = error_in({{"error", "no such model"}});
  EXPECT_EQ(judge({}, attempt).message, "HTTP 400: no such model");
  setenv("http_proxy", "http://127.0.0.1:9", 1);
  EXPECT_EQ(told({}, 0, CallEnd::NoConnection, "Failed to connect to 127.0.0.1 port 9"),
            "Failed to connect to 127.0.0.1 port 9; is the server running, and is the address "
            "right? http_proxy is set: is that proxy running?");
  unsetenv("http_proxy");
}

TEST(Redactor, KnowsAKeyInTheSpellingsOfJsonUrlsAndBase64) {
  Redactor redact;
  redact.add(R"(sk-a/b+"9\7f3a91==)");
  EXPECT_EQ(redact(R"(x sk-a/b+"9\7f3a91== y)"), "x [key] y");
  EXPECT_EQ(redact(R"({"k":"sk-a/b+\"9\\7f3a91=="})"), R"({"k":"[key]"})");
  EXPECT_EQ(redact(R"({"k":"sk-a\/b+\"9\\7f3a91=="})"), R"({"k":"[key]"})");
  EXPECT_EQ(redact("?key=sk-a%2Fb%2B%229%5C7f3a91%3D%3D&x"), "?key=[key]&x");
  // "user:" + key and "Bearer " + key; what is left holds a byte of the key at either end.
  EXPECT_EQ(redact("dXNlcjpzay1hL2IrIjlcN2YzYTkxPT0="), "dXNlcjp[key]0=");
  EXPECT_EQ(redact("QmVhcmVyIHNrLWEvYisiOVw3ZjNhOTE9PQ=="), "QmVhcmVyIH[key]Q==");
}

TEST(Redactor, TakesAKeyThatWasCutShort) {
  Redactor redact;
  redact.add("sk-canary-7f3a91");
  EXPECT_EQ(redact("wrong key sk-canary-7f3..."), "wrong key [key]...");
  EXPECT_EQ(redact("wrong key sk-canary-7f3...; check the key"),
            "wrong key [key]...; check the key");
  EXPECT_EQ(redact("... it is sk-canary-"), "... it is [key]");
  EXPECT_EQ(redact("sk-cana"), "sk-cana");  // seven bytes may be chance
  EXPECT_EQ(redact("wait..."), "wait...");
  EXPECT_EQ(redact(""), "");
}

}  // namespace
}  // namespace leitai
