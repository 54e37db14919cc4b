#include "suites/house/trace.h"

#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/random.h"

namespace leitai::house {

namespace {

/// Draws the parts of one program.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : stream_(seed) {}

  Program make(int level) {
    switch (level) {
      case 1:
        assignments();
        break;
      case 2:
        one_loop();
        break;
      case 3:
        coin() ? two_loops() : until();
        break;
      case 4:
        list();
        break;
      default:
        function();
    }
    return std::move(program_);
  }

 private:
  std::int64_t in(std::int64_t low, std::int64_t high) {
    return low +
           static_cast<std::int64_t>(stream_.below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool coin() { return in(0, 1) == 0; }
  Expr drawn(std::int64_t low, std::int64_t high) { return number(in(low, high)); }
  std::string either(const char* one, const char* other) { return coin() ? one : other; }

  static Step let(std::string name, Expr value) {
    return {Step::Kind::Let, std::move(name), {std::move(value)}, {}, {}};
  }
  static Step set(std::string name, Expr value) {
    return {Step::Kind::Set, std::move(name), {std::move(value)}, {}, {}};
  }
  static Step loop(std::string counter, Expr first, Expr end, std::vector<Step> body) {
    return {Step::Kind::For,
            std::move(counter),
            {std::move(first), std::move(end)},
            std::move(body),
            {}};
  }
  static Step condition(Expr test, std::vector<Step> body, std::vector<Step> otherwise = {}) {
    return {Step::Kind::If, "", {std::move(test)}, std::move(body), std::move(otherwise)};
  }
  static Expr add(Expr left, Expr right) { return binary(std::move(left), "+", std::move(right)); }

  /// Is the remainder of `value` by a small number a certain one?
  Expr remainder_test(Expr value) {
    const std::int64_t by = in(2, 4);
    return binary(binary(std::move(value), "%", number(by)), either("==", "!="), drawn(0, by - 1));
  }

  /// A value made of variable `name` and a number, not much larger than it was.
  Expr changed(const std::string& name) {
    switch (in(0, 3)) {
      case 0:
        return add(variable(name), drawn(2, 9));
      case 1:
        return binary(binary(variable(name), "*", drawn(2, 4)), "%", drawn(7, 40));
      case 2:
        return add(binary(variable(name), "/", drawn(2, 4)), drawn(1, 12));
      default:
        return binary(binary(variable(name), "*", drawn(2, 3)), "+", drawn(1, 9));
    }
  }

  void assignments() {
    program_.steps = {let("a", drawn(2, 30)), let("b", drawn(2, 30)),
                      let("c", binary(variable("a"), either("+", "*"), variable("b")))};
    const char* const names[] = {"a", "b", "c"};
    for (std::int64_t left = in(2, 3); left > 0; --left) {
      const std::string name = names[in(0, 2)], other = names[in(0, 2)];
      program_.steps.push_back(set(name, coin()
                                             ? changed(other)
                                             : binary(variable("c"), either("-", "+"),
                                                      binary(variable(other), "%", drawn(3, 9)))));
    }
    program_.printed =
        binary(binary(variable("a"), "+", variable("b")), either("+", "-"), variable("c"));
  }

  void one_loop() {
    program_.steps = {let("total", drawn(0, 9))};
    const bool has_otherwise = coin();
    std::vector<Step> body{condition(
        remainder_test(variable("i")),
        {set("total", add(variable("total"), binary(variable("i"), "*", drawn(2, 5))))},
        has_otherwise ? std::vector<Step>{set("total", add(variable("total"), drawn(1, 9)))}
                      : std::vector<Step>{})};
    const std::int64_t first = in(0, 5);
    program_.steps.push_back(loop("i", number(first), number(first + in(4, 7)), std::move(body)));
    program_.printed = variable("total");
  }

  void two_loops() {
    program_.steps = {let("total", drawn(0, 5))};
    std::vector<Step> inner{
        condition(remainder_test(coin() ? add(variable("i"), variable("j"))
                                        : binary(variable("i"), "*", variable("j"))),
                  {set("total", add(variable("total"), coin() ? variable("j") : drawn(1, 6)))})};
    std::vector<Step> outer{
        loop("j", coin() ? variable("i") : drawn(0, 2), drawn(4, 6), std::move(inner))};
    program_.steps.push_back(loop("i", drawn(0, 1), drawn(3, 5), std::move(outer)));
    program_.printed = variable("total");
  }

  /// Something like the sequence of Collatz, with a bound on steps.
  void until() {
    program_.steps = {let("n", drawn(10, 99)), let("count", number(0))};
    const std::int64_t by = in(2, 3);
    std::vector<Step> body{
        condition(binary(binary(variable("n"), "%", number(by)), "==", number(0)),
                  {set("n", binary(variable("n"), "/", number(by)))},
                  {set("n", coin() ? binary(variable("n"), "-", number(1))
                                   : add(variable("n"), drawn(1, 5)))}),
        set("count", add(variable("count"), number(1)))};
    program_.steps.push_back(
        {Step::Kind::While, "", {binary(variable("n"), ">", drawn(3, 9))}, std::move(body), {}});
    program_.printed = coin() ? add(binary(variable("count"), "*", number(10)), variable("n"))
                              : add(variable("n"), variable("count"));
  }

  void list() {
    program_.list = "v";
    const std::int64_t n = in(5, 7);
    for (std::int64_t i = 0; i < n; ++i) program_.values.push_back(in(1, 19));
    const Expr here = element("v", variable("i")),
               next = element("v", add(variable("i"), number(1)));
    const auto put = [](Expr index, Expr value) {
      return Step{Step::Kind::SetElement, "v", {std::move(index), std::move(value)}, {}, {}};
    };
    if (coin()) {  // one pass that swaps neighbours
      program_.steps.push_back(let("t", number(0)));
      program_.steps.push_back(
          loop("i", number(0), number(n - 1),
               {condition(binary(here, either(">", "<"), next),
                          {set("t", here), put(variable("i"), next),
                           put(add(variable("i"), number(1)), variable("t"))})}));
    } else {  // each takes something of the one before it
      program_.steps.push_back(loop(
          "i", number(1), number(n),
          {condition(
              remainder_test(here),
              {put(variable("i"), add(here, element("v", binary(variable("i"), "-", number(1)))))},
              {put(variable("i"), add(here, drawn(1, 5)))})}));
    }
    program_.steps.push_back(let("total", number(0)));
    program_.steps.push_back(loop(
        "i", number(0), number(n),
        {set("total", add(variable("total"), binary(here, "*", add(variable("i"), number(1)))))}));
    program_.printed =
        coin() ? variable("total") : add(variable("total"), element("v", number(in(0, n - 1))));
  }

  void function() {
    const auto back = [](Expr value) {
      return Step{Step::Kind::Return, "", {std::move(value)}, {}, {}};
    };
    if (coin()) {  // calls itself
      const std::int64_t step = in(2, 4);
      program_.function = {
          condition(binary(variable("x"), "<", number(step)),
                    {back(add(variable("x"), drawn(1, 6)))}),
          back(add(call(binary(variable("x"), "-", number(step))),
                   coin() ? binary(variable("x"), "%", drawn(3, 7)) : drawn(2, 8)))};
    } else {
      program_.function = {
          let("s", drawn(0, 4)),
          loop("k", number(1), add(binary(variable("x"), "%", drawn(3, 6)), number(2)),
               {set("s", binary(add(binary(variable("s"), "*", drawn(2, 3)), variable("k")), "%",
                                drawn(11, 50)))}),
          back(variable("s"))};
    }
    program_.steps = {let("total", number(0))};
    std::vector<Step> body{
        condition(remainder_test(call(variable("i"))),
                  {set("total", add(variable("total"), call(variable("i"))))},
                  {set("total", add(variable("total"), binary(variable("i"), "*", drawn(2, 4))))})};
    const std::int64_t first = in(1, 6);
    program_.steps.push_back(loop("i", number(first), number(first + in(3, 5)), std::move(body)));
    program_.printed = variable("total");
  }

  SplitMix64 stream_;
  Program program_;
};

}  // namespace

TraceItem make_trace(std::uint64_t seed, std::int64_t index, int level, int salt) {
  LEITAI_CHECK(level >= 1 && level <= 5, std::to_string(level));
  TraceItem out;
  // Levels come in turn as well, and 3 and 5 have no common factor: each level sees every language.
  out.tongue = static_cast<Tongue>(index % 3);
  for (int attempt = 1000 * salt;; ++attempt) {
    Maker maker(hash64({"house/trace/1", std::to_string(seed), std::to_string(index),
                        std::to_string(level), std::to_string(attempt)}));
    out.program = maker.make(level);
    if (const auto printed = run(out.program)) {
      out.answer = std::to_string(*printed);
      return out;
    }
  }
}

}  // namespace leitai::house
