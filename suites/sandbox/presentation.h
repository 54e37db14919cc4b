#pragma once

#include <string>

#include "suites/sandbox/judge.h"

/// What stands between a right program and its checks though it says nothing about the program:
/// imports that only the checks need, demonstrations of its own, the name of its class.
namespace leitai {

/// Java: program and tests as one file, with the imports of the task and java.util, which the tests
/// need; a class Main of the program has another name.
std::string java_source(const CodeCheck& check);

/// Java, whole programs: the class whose main() is the program's.
std::string java_main_class(const std::string& program);

/// Go: program and tests as one file, with imports that only the tests need.
std::string go_source(const CodeCheck& check);

/// C++: names of the library without std:: for the tests, where the task says so.
std::string cpp_names(const CodeCheck& check);

/// Why the tests of a line hold nothing; "" where they do. Looks at their form alone.
std::string tests_trouble(const CodeCheck& check);

}  // namespace leitai
