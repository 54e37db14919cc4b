#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Small programs over whole numbers that mean the same in Python, C and JavaScript.
namespace leitai::house {

/// A number, a variable, an element of a list, a call of `f`, or two parts joined by
/// + - * / % < > == != ; "/" rounds down.
struct Expr {
  enum class Kind { Number, Variable, Element, Call, Binary };
  Kind kind = Kind::Number;
  std::int64_t number = 0;
  std::string name;  // of the variable or list, or the operator
  std::vector<Expr> parts;
};

Expr number(std::int64_t value);
Expr variable(std::string name);
Expr element(std::string list, Expr index);
Expr call(Expr argument);
Expr binary(Expr left, std::string op, Expr right);

struct Step {
  enum class Kind { Let, Set, SetElement, For, While, If, Return };
  Kind kind = Kind::Set;
  std::string name;         // what is set, or the counter of For
  std::vector<Expr> exprs;  // value; index and value; first and end (excluded); condition
  std::vector<Step> body;
  std::vector<Step> otherwise;  // If
};

struct Program {
  std::vector<Step> function;  // body of f(x), ends with a Return; empty when there is none
  std::string list;            // name of the one list; "" when there is none
  std::vector<std::int64_t> values;
  std::vector<Step> steps;
  Expr printed;
};

enum class Tongue { Python, C, JavaScript };

/// The text of a whole program that prints one number.
std::string text_of(const Program& program, Tongue tongue);

/// What it prints. Absent where some number on the way is negative or above a million (the three
/// languages might differ), an index lies outside the list, something is divided by 0, or more than
/// 600 steps are taken.
std::optional<std::int64_t> run(const Program& program);

}  // namespace leitai::house
