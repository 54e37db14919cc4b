#include "suites/house/program.h"

#include <fmt/format.h>

#include <map>

#include "harness/core/error.h"

namespace leitai::house {

Expr number(std::int64_t value) { return {Expr::Kind::Number, value, "", {}}; }
Expr variable(std::string name) { return {Expr::Kind::Variable, 0, std::move(name), {}}; }
Expr element(std::string list, Expr index) {
  return {Expr::Kind::Element, 0, std::move(list), {std::move(index)}};
}
Expr call(Expr argument) { return {Expr::Kind::Call, 0, "f", {std::move(argument)}}; }
Expr binary(Expr left, std::string op, Expr right) {
  return {Expr::Kind::Binary, 0, std::move(op), {std::move(left), std::move(right)}};
}

namespace {

int rank_of(const std::string& op) {
  return op == "*" || op == "/" || op == "%" ? 3 : op == "+" || op == "-" ? 2 : 1;
}

class Writer {
 public:
  explicit Writer(Tongue tongue) : tongue_(tongue) {}

  std::string whole(const Program& program) {
    if (tongue_ == Tongue::C) line("#include <stdio.h>\n");
    if (!program.function.empty()) {
      open(tongue_ == Tongue::Python ? "def f(x)"
           : tongue_ == Tongue::C    ? "int f(int x)"
                                     : "function f(x)");
      steps(program.function);
      close();
      out_ += '\n';
    }
    if (tongue_ == Tongue::C) open("int main(void)");
    if (!program.list.empty()) {
      const std::string values = fmt::format("{}", fmt::join(program.values, ", "));
      line(tongue_ == Tongue::Python ? fmt::format("{} = [{}]", program.list, values)
           : tongue_ == Tongue::C    ? fmt::format("int {}[] = {{{}}};", program.list, values)
                                     : fmt::format("const {} = [{}];", program.list, values));
    }
    steps(program.steps);
    const std::string printed = text(program.printed);
    line(tongue_ == Tongue::Python ? fmt::format("print({})", printed)
         : tongue_ == Tongue::C    ? fmt::format("printf(\"%d\\n\", {});", printed)
                                   : fmt::format("console.log({});", printed));
    if (tongue_ == Tongue::C) {
      line("return 0;");
      close();
    }
    return std::move(out_);
  }

 private:
  void line(const std::string& text) {
    out_ +=
        std::string(static_cast<std::size_t>(depth_) * (tongue_ == Tongue::Python ? 4 : 2), ' ');
    out_ += text;
    out_ += '\n';
  }
  void open(const std::string& head) {
    line(head + (tongue_ == Tongue::Python ? ":" : " {"));
    ++depth_;
  }
  void close() {
    --depth_;
    if (tongue_ != Tongue::Python) line("}");
  }

  std::string text(const Expr& expr) const {
    switch (expr.kind) {
      case Expr::Kind::Number:
        return std::to_string(expr.number);
      case Expr::Kind::Variable:
        return expr.name;
      case Expr::Kind::Element:
        return fmt::format("{}[{}]", expr.name, text(expr.parts[0]));
      case Expr::Kind::Call:
        return fmt::format("f({})", text(expr.parts[0]));
      case Expr::Kind::Binary:
        break;
    }
    const Expr &left = expr.parts[0], &right = expr.parts[1];
    const bool is_floor = expr.name == "/" && tongue_ == Tongue::JavaScript;
    // Everything but a sum of sums and what binds more strongly stands in parentheses.
    const auto part = [&](const Expr& one, bool is_left) {
      if (one.kind != Expr::Kind::Binary) return text(one);
      const int outer = rank_of(expr.name), inner = rank_of(one.name);
      const bool is_bare = inner > outer || (is_left && outer == 2 && inner == 2) ||
                           (one.name == "/" && tongue_ == Tongue::JavaScript);
      return is_bare ? text(one) : "(" + text(one) + ")";
    };
    std::string op = expr.name;
    if (op == "/" && tongue_ == Tongue::Python) op = "//";
    if ((op == "==" || op == "!=") && tongue_ == Tongue::JavaScript) op += "=";
    const std::string out = fmt::format("{} {} {}", part(left, true), op, part(right, false));
    return is_floor ? "Math.floor(" + out + ")" : out;
  }

  std::string tested(const Expr& condition) const {
    return tongue_ == Tongue::Python ? text(condition) : "(" + text(condition) + ")";
  }

  void steps(const std::vector<Step>& all) {
    for (const Step& step : all) one(step);
  }

  void one(const Step& step) {
    const bool is_python = tongue_ == Tongue::Python;
    const char* const end = is_python ? "" : ";";
    const char* const declare = is_python ? "" : tongue_ == Tongue::C ? "int " : "let ";
    switch (step.kind) {
      case Step::Kind::Let:
        line(fmt::format("{}{} = {}{}", declare, step.name, text(step.exprs[0]), end));
        break;
      case Step::Kind::Set:
        line(fmt::format("{} = {}{}", step.name, text(step.exprs[0]), end));
        break;
      case Step::Kind::SetElement:
        line(
            fmt::format("{}[{}] = {}{}", step.name, text(step.exprs[0]), text(step.exprs[1]), end));
        break;
      case Step::Kind::Return:
        line(fmt::format("return {}{}", text(step.exprs[0]), end));
        break;
      case Step::Kind::For:
        open(is_python ? fmt::format("for {} in range({}, {})", step.name, text(step.exprs[0]),
                                     text(step.exprs[1]))
                       : fmt::format("for ({0}{1} = {2}; {1} < {3}; {1}++)", declare, step.name,
                                     text(step.exprs[0]), text(step.exprs[1])));
        steps(step.body);
        close();
        break;
      case Step::Kind::While:
        open("while " + tested(step.exprs[0]));
        steps(step.body);
        close();
        break;
      case Step::Kind::If:
        open("if " + tested(step.exprs[0]));
        steps(step.body);
        if (!step.otherwise.empty()) {
          --depth_;
          line(is_python ? "else:" : "} else {");
          ++depth_;
          steps(step.otherwise);
        }
        close();
        break;
    }
  }

  Tongue tongue_;
  std::string out_;
  int depth_ = 0;
};

/// Follows a program step by step; throws Stop where run() has no result.
class Machine {
 public:
  struct Stop {};

  explicit Machine(const Program& program) : program_(program), values_(program.values) {}

  std::int64_t whole() {
    steps(program_.steps, variables_);
    return value(program_.printed, variables_);
  }

 private:
  using Variables = std::map<std::string, std::int64_t>;
  static constexpr std::int64_t kMost = 1'000'000;
  static constexpr int kMostSteps = 600;
  static constexpr int kMostCalls = 12;

  std::int64_t value(const Expr& expr, Variables& variables) {
    switch (expr.kind) {
      case Expr::Kind::Number:
        return expr.number;
      case Expr::Kind::Variable:
        return variables.at(expr.name);
      case Expr::Kind::Element: {
        const std::int64_t index = value(expr.parts[0], variables);
        if (index >= static_cast<std::int64_t>(values_.size())) throw Stop{};
        return values_[static_cast<std::size_t>(index)];
      }
      case Expr::Kind::Call: {
        Variables inner{{"x", value(expr.parts[0], variables)}};
        if (++calls_ > kMostCalls) throw Stop{};
        const std::optional<std::int64_t> out = steps(program_.function, inner);
        LEITAI_CHECK(out, "a function without return");
        --calls_;
        return *out;
      }
      case Expr::Kind::Binary:
        break;
    }
    const std::int64_t left = value(expr.parts[0], variables),
                       right = value(expr.parts[1], variables);
    const std::string& op = expr.name;
    if (op == "<") return left < right;
    if (op == ">") return left > right;
    if (op == "==") return left == right;
    if (op == "!=") return left != right;
    if ((op == "/" || op == "%") && right == 0) throw Stop{};
    const std::int64_t out = op == "+"   ? left + right
                             : op == "-" ? left - right
                             : op == "*" ? left * right
                             : op == "/" ? left / right
                                         : left % right;
    if (out < 0 || out > kMost) throw Stop{};
    return out;
  }

  /// The value of a Return that was met.
  std::optional<std::int64_t> steps(const std::vector<Step>& all, Variables& variables) {
    for (const Step& step : all) {
      if (++taken_ > kMostSteps) throw Stop{};
      if (const auto returned = one(step, variables)) return returned;
    }
    return std::nullopt;
  }

  std::optional<std::int64_t> one(const Step& step, Variables& variables) {
    switch (step.kind) {
      case Step::Kind::Let:
      case Step::Kind::Set:
        variables[step.name] = value(step.exprs[0], variables);
        break;
      case Step::Kind::SetElement: {
        const std::int64_t index = value(step.exprs[0], variables),
                           to = value(step.exprs[1], variables);
        if (index >= static_cast<std::int64_t>(values_.size())) throw Stop{};
        values_[static_cast<std::size_t>(index)] = to;
        break;
      }
      case Step::Kind::Return:
        return value(step.exprs[0], variables);
      case Step::Kind::For: {
        const std::int64_t end = value(step.exprs[1], variables);
        for (std::int64_t i = value(step.exprs[0], variables); i < end; ++i) {
          variables[step.name] = i;
          if (const auto returned = steps(step.body, variables)) return returned;
        }
        break;
      }
      case Step::Kind::While:
        while (value(step.exprs[0], variables) != 0) {
          if (const auto returned = steps(step.body, variables)) return returned;
        }
        break;
      case Step::Kind::If:
        return steps(value(step.exprs[0], variables) != 0 ? step.body : step.otherwise, variables);
    }
    return std::nullopt;
  }

  const Program& program_;
  std::vector<std::int64_t> values_;
  Variables variables_;
  int taken_ = 0;
  int calls_ = 0;
};

}  // namespace

std::string text_of(const Program& program, Tongue tongue) { return Writer(tongue).whole(program); }

std::optional<std::int64_t> run(const Program& program) {
  try {
    return Machine(program).whole();
  } catch (const Machine::Stop&) {
    return std::nullopt;
  }
}

}  // namespace leitai::house
