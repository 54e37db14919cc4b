#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/channel.h"
#include "harness/core/model.h"
#include "harness/core/request.h"
#include "harness/core/response.h"

namespace leitai {

/// A row of a price table: a million tokens each, and where it was read.
struct PriceNote {
  std::string currency;  // ISO 4217
  double input = 0, output = 0;
  std::optional<double> cached;
  std::optional<double> peak_factor;  // of hours that cost more
  std::string as_of;                  // "2026-09-10"
  std::string source;                 // URL
};

struct BackendTraits {
  std::string identity;  // resolved configuration that can change an answer, as canonical text:
                         // part of every digest
  int default_in_flight = 64;
  int max_in_flight = 1 << 20;
  std::string exclusive;  // models that name the same device here run one after another; "" for no
                          // such bound
  std::string describe;   // for people: "SmolLM2-135M-Instruct, Q4_1, cpu, 2 threads"
  std::optional<PriceNote> prices;  // by which the vendor charges; absent: free or unknown
  std::optional<double> rpm, tpm;   // requests and tokens a minute that are let through
  // An account is charged, and nobody knows how much before the answer (the service tells its cost)
  // or at all.
  bool is_price_told = false, is_price_unknown = false;
};

/// Tokens that answering takes at most.
struct TokensAtMost {
  std::int64_t prompt = 0, completion = 0;
  bool thinks = false;  // reasoning is to be expected among them
  std::int64_t all() const { return prompt + completion; }
};

/// The usual estimate: every two bytes of the prompt a token, and all tokens of the answer that are
/// allowed; 8,192 where nobody bounds them, one where nothing is generated.
TokensAtMost estimated_tokens(const Request& request);

/// Who answers. One object a model of a run.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual const BackendTraits& traits() const = 0;

  /// Fills `request.sent_json` with what will really be sent or applied (part of the digest).
  /// Deterministic and cheap; may be called for requests that are then not submitted. Throws Error
  /// where the request can never be asked (a mode that the backend does not know).
  virtual void prepare(Request& request) const = 0;

  /// Queues `request`; its Answer appears on the channel given at construction, exactly once, in
  /// any order. Never throws for what the remote end does: such outcomes arrive in
  /// Response::failure. Thread-safe. Never blocks on the network or the device.
  virtual void submit(Request request) = 0;

  /// Gives up what is in flight as soon as possible; each such request still yields its Answer
  /// (Failed, Network, "cancelled") or none at all if the channel is closed. Called on a second
  /// Ctrl-C.
  virtual void cancel() = 0;

  /// Begins nothing more: what was not sent yet comes back at once as Failed with no attempts, what
  /// failed and waits to be repeated as it failed. What is on its way may still arrive.
  /// Thread-safe.
  virtual void drain() {}

  /// What answering `request` can cost at most; absent where it costs nothing or nobody knows.
  virtual std::optional<Price> price_at_most(const Request&) const { return {}; }

  /// Tokens that answering `request` takes at most; absent where nobody is asked for it (an answer
  /// that is kept).
  virtual std::optional<TokensAtMost> tokens_at_most(const Request& request) const {
    return estimated_tokens(request);
  }

  /// Whole sentences worth telling at the end of a run, such as recorded answers that met no item.
  virtual std::vector<std::string> remarks() const { return {}; }

  /// Whole sentences about who answered that must stand beside every result of the run, such as
  /// prompts that the service cut.
  virtual std::vector<std::string> cautions() const { return {}; }
};

/// One key that a backend's models may carry behind a comma, beside the sampling parameters.
struct BackendKey {
  std::string_view name;
  std::string_view help;
};

/// What the run's configuration says to backends that ask over a network.
struct BackendContext {
  std::string offline_reason;  // "" unless --offline
  bool is_dry = false;         // only prepare() will be called: no key is needed
  int attempts = 6;            // of a request; the first counts
  double max_wait_s = 120;     // of one pause between two attempts
  double connect_timeout_s = 10;
  double first_byte_timeout_s = 600;
  double idle_timeout_s = 120;
  double total_timeout_s = 1800;   // of one attempt
  std::string ca_file;             // "": the system's
  std::optional<double> rpm, tpm;  // requests and tokens a minute of this model
  /// Asked before an attempt that was charged is repeated: may more be spent? Null: yes.
  std::function<bool(const Price&)> may_repeat;
  std::optional<int> in_flight;  // what the user allows this model, or the run
  /// Of all models of a vendor and key together.
  std::optional<int> vendor_in_flight;
  std::optional<double> vendor_rpm, vendor_tpm;
};

/// The file is the registration: backends/<name>/backend.cpp defines `extern constinit const
/// BackendFactory <name>`.
struct BackendFactory {
  std::string_view name;  // "engine"
  std::string_view help;  // one line
  std::span<const BackendKey> keys;
  /// Default id of a model of this backend, from its target and options.
  std::string (*default_id)(const Model&);
  /// Throws Error if the model cannot be opened. `answers` outlives the backend.
  std::unique_ptr<Backend> (*make)(const Model&, Channel<Answer>& answers);
  /// Like `make`, for backends that want to know the context; nullptr: `make` does.
  std::unique_ptr<Backend> (*make_in)(const Model&, Channel<Answer>& answers,
                                      const BackendContext&) = nullptr;
  /// Words that may stand before "/" (or before "@") in a model of this backend, which then needs
  /// no "http:" in front; nullptr: none.
  std::vector<std::string> (*names)(char separator) = nullptr;
};

}  // namespace leitai
