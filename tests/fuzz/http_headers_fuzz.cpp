#include "tests/fuzz/http_checks.h"
#include "tests/fuzz/main.h"

LEITAI_FUZZ_TARGET(leitai::fuzz::check_headers)
