#pragma once

#include <string>

#include "suites/sandbox/judge.h"

/// What keeps a program from taking part in its own checks where both are compiled together. What a
/// program says is read leniently: a comment may stand between any two words of it.
namespace leitai {

/// Directives that end every macro of the program.
std::string undo_macros(const CodeCheck& check);

/// C++: makes the result of the entry point what the task declared, so that no class of the
/// program takes part in a comparison. "" where the task declared nothing.
std::string cpp_result(const CodeCheck& check);

/// Rust: the tests behind an item that takes what the program left open, with macros of the library
/// by their full names.
std::string rust_tests(const std::string& tests);

/// C++: what the task's declaration includes and the program does not.
std::string cpp_preamble(const CodeCheck& check);

/// Rust: the program without tests of its own, whose module would be there twice.
std::string rust_program(const std::string& program);

/// Java: the tests with every result of the entry point passed through the runner.
std::string java_tests(const CodeCheck& check);

/// Java: the program as it can stand in a file of another name: no package, its classes not public.
std::string java_program(const std::string& program);

/// Why the program must not be judged at all; "" when nothing speaks against it.
std::string object_c(const CodeCheck& check);
std::string object_cpp(const CodeCheck& check);
std::string object_java(const CodeCheck& check);
std::string object_rust(const CodeCheck& check);
std::string object_go(const CodeCheck& check);

}  // namespace leitai
