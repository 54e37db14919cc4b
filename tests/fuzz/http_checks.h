#pragma once

#include <string>
#include <string_view>

/// What must hold for any bytes from outside, of an endpoint or of an operator's file. Each returns
/// what is wrong, "" for nothing; a crash says the rest. The fuzz targets run them on made inputs,
/// tests/http/corpus_test.cpp on those kept in tests/fuzz/corpus.
namespace leitai::fuzz {

/// A stream: the same events at any split, and the same answer of every wire.
std::string check_sse(std::string_view bytes);

/// A whole body. Its first byte picks wire and status: read or refused, the same at any split; an
/// answer that is no failure has said why it ended or came with a text.
std::string check_envelope(std::string_view bytes);

/// Headers, a line each, after a line with the status: waits that are asked for are not negative
/// and not beyond what a clock can hold.
std::string check_headers(std::string_view bytes);

/// A provider's record: refused with a sentence, or good for a request.
std::string check_provider(std::string_view bytes);

}  // namespace leitai::fuzz
