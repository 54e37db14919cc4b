#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/store.h"
#include "harness/store_impl.h"

/// The writing half of the store.
namespace leitai {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kWorthPacking = 512;  // shorter texts gain little

std::string_view as_view(const Digest& digest, std::size_t size) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), size};
}

std::string logprobs_json(const std::vector<TokenLogprob>& logprobs) {
  Json out = Json::array();
  for (const TokenLogprob& one : logprobs) out.push_back({one.token, one.logprob});
  return dump(out);
}

std::string continuations_json(const Response& response) {
  return dump({{"logprobs", response.continuation_logprobs},
               {"greedy", response.continuation_greedy},
               {"tokens", response.continuation_tokens}});
}

}  // namespace

void Packer::bind(Statement& statement, int index, std::string_view text, std::string& scratch) {
  const bool must = !is_valid_utf8(text);
  if (!must && text.size() < kWorthPacking) return statement.bind(index, text);
  scratch = zstd_.compress(text);
  if (!must && scratch.size() * 10 > text.size() * 9) return statement.bind(index, text);
  statement.bind_blob(index, scratch);
}

Writers::Writers(Database& db)
    : insert_item(
          db,
          "INSERT INTO items (suite, item, body, language, tags, scorer, hash, pair) VALUES "
          "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
          "ON CONFLICT (suite, item) DO UPDATE SET body = excluded.body, language = "
          "excluded.language, "
          "tags = excluded.tags, scorer = excluded.scorer, hash = excluded.hash, pair = "
          "excluded.pair WHERE hash "
          "<> excluded.hash"),
      find_prompt(db, "SELECT prompt_id FROM prompts WHERE digest = ?1"),
      insert_prompt(db,
                    "INSERT INTO prompts (digest, body) VALUES (?1, ?2) ON CONFLICT DO NOTHING"),
      insert_request(db,
                     "INSERT INTO requests (model, suite, item, sample, digest, mode, prompt_id, "
                     "wanted, sent, seed) "
                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING"),
      find_request(db,
                   "SELECT request_id FROM requests WHERE model = ?1 AND suite = ?2 AND item = ?3 "
                   "AND sample = ?4 AND digest = ?5"),
      insert_response(db,
                      "INSERT INTO responses (request_id, outcome, kind, message, http_status, "
                      "finish_reason, text, reasoning, "
                      "prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, ttft_ms, "
                      "total_ms, queued_ms, cost, currency, "
                      "served_model, attempts, logprobs, continuations, created_at, blocked, "
                      "code, service_id, fingerprint, upstream, body_sha256, sent_at, "
                      "answer_ttft_ms, last_text_ms, gap_p50_ms, gap_p99_ms, text_events, "
                      "retry_cost, assumed_tokens, assumed_cost, assumed_currency) VALUES (?1, ?2, "
                      "?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
                      "?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, "
                      "?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38)"),
      find_outcome(db, "SELECT outcome FROM responses WHERE request_id = ?1"),
      to_event(db,
               "INSERT INTO events (at, kind, request_id, body) SELECT "
               "strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'failed_before', request_id, "
               "json_object('kind', kind, 'message', message, 'http_status', http_status, "
               "'attempts', attempts, 'code', code, 'service_id', service_id, "
               "'cost', cost, 'currency', currency, 'sent_at', sent_at, "
               "'prompt_tokens', prompt_tokens, 'completion_tokens', completion_tokens, "
               "'text', CASE typeof(text) WHEN 'text' THEN text END, 'created_at', created_at) "
               "FROM responses WHERE request_id = ?1"),
      delete_response(db, "DELETE FROM responses WHERE request_id = ?1"),
      delete_scores(db, "DELETE FROM scores WHERE request_id = ?1"),
      set_current(db,
                  "UPDATE requests SET is_current = ?2 WHERE request_id = ?1 AND is_current <> ?2"),
      insert_score(db,
                   "INSERT OR REPLACE INTO scores (request_id, scorer, version, status, score, "
                   "extracted, tier, span_begin, span_end, flags, "
                   "why, graded_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"),
      insert_event(db,
                   "INSERT INTO events (at, kind, body) VALUES (strftime('%Y-%m-%dT%H:%M:%fZ', "
                   "'now'), ?1, ?2)"),
      insert_model(
          db, "INSERT INTO models (model, position) VALUES (?1, 1000000) ON CONFLICT DO NOTHING") {}

Writers& Store::Impl::writers() {
  if (!can_write) throw Error(fmt::format("{}: was opened for reading", db.path().string()));
  if (!statements) statements = std::make_unique<Writers>(db);
  return *statements;
}

void Store::Impl::put_item(const Item& item) {
  const std::hash<std::string> hash;
  const Recent::Key key{hash(item.id), hash(item.suite) + 31 * hash(item.question)};
  if (items.find(key)) return;
  Statement& put = writers().insert_item;
  const InUse use(put);
  const std::string body = dump(to_json(item));
  std::string scratch;
  put.bind(1, item.suite);
  put.bind(2, item.id);
  packer.bind(put, 3, body, scratch);
  put.bind(4, item.language);
  const std::string tags =
      item.tags.empty() ? "" : dump(item.tags);  // lives until the step: binding copies nothing
  if (!tags.empty()) put.bind(5, tags);
  put.bind(6, item.grading.scorer);
  put.bind(7, item_body_hash(body));
  put.bind(8, item.pair_key);
  put.step();
  items.put(key, 1);
}

std::int64_t Store::Impl::put_prompt(const Prompt& prompt) {
  const std::string body = dump(to_json(prompt));
  const Digest digest = sha256(body);
  const std::string_view blob = as_view(digest, 16);
  Recent::Key key;
  std::memcpy(key.data(), blob.data(), sizeof(key));
  if (const auto known = prompts.find(key)) return *known;
  std::int64_t id = 0;
  {
    Statement& put = writers().insert_prompt;
    const InUse use(put);
    std::string scratch;
    put.bind_blob(1, blob);
    packer.bind(put, 2, body, scratch);
    put.step();
    if (db.changes() == 1) id = db.last_row();
  }
  if (id == 0) {
    Statement& find = writers().find_prompt;
    const InUse use(find);
    find.bind_blob(1, blob);
    LEITAI_CHECK(find.step(), digest.hex());
    id = find.get_int(0);
  }
  prompts.put(key, id);
  return id;
}

void Store::Impl::put_score(std::int64_t request_id, const Score& score, std::int64_t now) {
  Statement& put = writers().insert_score;
  const InUse use(put);
  const std::string_view scorer = score.scorer;
  const std::size_t at = scorer.find('@');
  const std::string flags = score.flags.empty() ? "" : dump(Json(score.flags));
  put.bind(1, request_id);
  put.bind(2, scorer.substr(0, at));
  put.bind(3, at == std::string_view::npos ? std::string_view("") : scorer.substr(at + 1));
  put.bind(4, to_text(score.status));
  put.bind(5, score.score);
  put.bind(6, score.extracted);
  if (!score.tier.empty()) put.bind(7, score.tier);
  if (score.span) {
    put.bind(8, static_cast<std::int64_t>(score.span->first));
    put.bind(9, static_cast<std::int64_t>(score.span->second));
  }
  if (!flags.empty()) put.bind(10, flags);
  if (!score.why.empty()) put.bind(11, score.why);
  put.bind(12, now);
  put.step();
}

void Store::Impl::put_response(std::int64_t request_id, const Response& response,
                               std::int64_t now) {
  Statement& put = writers().insert_response;
  const InUse use(put);
  std::string text, reasoning, logprobs, continuations, packed_logprobs, packed_continuations;
  put.bind(1, request_id);
  put.bind(2, to_text(response.outcome));
  if (response.outcome == Outcome::Failed && response.failure) {
    put.bind(3, to_text(response.failure->kind));
    put.bind(4, response.failure->message);
  } else if (response.outcome == Outcome::Failed) {
    put.bind(3, to_text(FailureKind::Server));
  } else if (response.service.said) {
    put.bind(4, *response.service.said);
  }
  put.bind(5, response.failure && response.failure->http_status ? response.failure->http_status
                                                                : response.service.http_status);
  if (response.finish_reason) put.bind(6, to_text(*response.finish_reason));
  packer.bind(put, 7, response.text, text);
  if (response.reasoning) packer.bind(put, 8, *response.reasoning, reasoning);
  put.bind(9, response.usage.prompt_tokens);
  put.bind(10, response.usage.completion_tokens);
  put.bind(11, response.usage.reasoning_tokens);
  put.bind(12, response.usage.cached_tokens);
  put.bind(13, response.timing.ttft_ms);
  put.bind(14, response.timing.total_ms);
  put.bind(15, response.timing.queued_ms);
  if (response.price) {
    put.bind(16, response.price->amount);
    put.bind(17, response.price->currency);
  }
  put.bind(18, response.served_model);
  put.bind(19, response.attempts);
  if (!response.logprobs.empty()) {
    logprobs = logprobs_json(response.logprobs);
    packer.bind(put, 20, logprobs, packed_logprobs);
  }
  if (!response.continuation_logprobs.empty()) {
    continuations = continuations_json(response);
    packer.bind(put, 21, continuations, packed_continuations);
  }
  put.bind(22, now);
  if (response.blocked) put.bind(23, to_text(*response.blocked));
  put.bind(24, response.service.code);
  put.bind(25, response.service.request_id);
  put.bind(26, response.service.fingerprint);
  put.bind(27, response.service.upstream);
  put.bind(28, response.service.body_sha256);
  put.bind(29, response.service.sent_at_ms);
  put.bind(30, response.timing.answer_ttft_ms);
  put.bind(31, response.timing.last_text_ms);
  put.bind(32, response.timing.gap_p50_ms);
  put.bind(33, response.timing.gap_p99_ms);
  put.bind(34, response.timing.text_events);
  put.bind(35, response.retry_cost);
  put.bind(36, response.assumed_tokens);
  if (response.assumed_price) {
    put.bind(37, response.assumed_price->amount);
    put.bind(38, response.assumed_price->currency);
  }
  put.step();
}

void Store::Impl::note_failed(std::int64_t request_id) {
  for (Statement* statement :
       {&writers().to_event, &writers().delete_scores, &writers().delete_response}) {
    const InUse use(*statement);
    statement->bind(1, request_id);
    statement->step();
  }
}

namespace {

void bind_key(Statement& statement, const Request& request) {
  statement.bind(1, request.model);
  statement.bind(2, request.suite);
  statement.bind(3, request.item);
  statement.bind(4, request.sample);
  statement.bind_blob(5, as_view(request.digest, request.digest.bytes.size()));
}

}  // namespace

/// Its id, 0 where it is not stored.
std::int64_t Store::Impl::find_request(const Request& request) {
  Statement& find = writers().find_request;
  const InUse use(find);
  bind_key(find, request);
  return find.step() ? find.get_int(0) : 0;
}

bool Store::Impl::put_answer(const AnswerView& answer, std::int64_t now) {
  const Request& request = *answer.request;
  if (!known_models.contains(request.model)) {
    Statement& put = writers().insert_model;
    const InUse use(put);
    put.bind(1, request.model);
    put.step();
    known_models.insert(request.model);
  }
  if (answer.item) put_item(*answer.item);
  const std::int64_t prompt_id = put_prompt(request.prompt);
  std::int64_t id = 0;
  {
    Statement& put = writers().insert_request;
    const InUse use(put);
    if (last_wanted_json.empty() || request.wanted != last_wanted) {
      last_wanted = request.wanted;
      last_wanted_json = dump(to_json(request.wanted));
    }
    std::string packed_wanted, packed_sent;
    bind_key(put, request);
    put.bind(6, to_text(request.mode));
    put.bind(7, prompt_id);
    packer.bind(put, 8, last_wanted_json, packed_wanted);
    packer.bind(put, 9, request.sent_json, packed_sent);
    put.bind(10, static_cast<std::int64_t>(request.seed));
    put.step();
    if (db.changes() == 1) id = db.last_row();
  }
  if (id == 0) {  // asked before
    id = find_request(request);
    LEITAI_CHECK(id != 0, request.item);
    Statement& revive = writers().set_current;
    {
      const InUse use(revive);
      revive.bind(1, id);
      revive.bind(2, 1);
      revive.step();
    }
    Statement& outcome = writers().find_outcome;
    const InUse use(outcome);
    outcome.bind(1, id);
    if (outcome.step()) {
      if (outcome.get_bytes(0) != to_text(Outcome::Failed)) return false;
      outcome.reset();
      note_failed(id);
    }
  }
  put_response(id, *answer.response, now);
  if (answer.score) put_score(id, *answer.score, now);
  return true;
}

std::int64_t Store::record(std::span<const AnswerView> answers) {
  std::lock_guard guard(impl_->mutex);
  impl_->writers();
  std::int64_t stored = 0;
  try {
    Transaction transaction(impl_->db);
    const std::int64_t now = now_ms();
    for (const AnswerView& answer : answers) stored += impl_->put_answer(answer, now);
    transaction.commit();
  } catch (...) {  // what is remembered may have been rolled back
    impl_->prompts.clear();
    impl_->items.clear();
    impl_->known_models.clear();
    throw;
  }
  return stored;
}

void Store::put_items(std::span<const Item> items) {
  std::lock_guard guard(impl_->mutex);
  impl_->writers();
  impl_->items.clear();  // a changed item must be seen
  Transaction transaction(impl_->db);
  for (const Item& item : items) impl_->put_item(item);
  impl_->items.clear();
  transaction.commit();
}

void Store::put_late_scores(std::span<const AnswerView> answers) {
  std::lock_guard guard(impl_->mutex);
  impl_->writers();
  Transaction transaction(impl_->db);
  const std::int64_t now = now_ms();
  for (const AnswerView& answer : answers) {
    if (!answer.score) continue;
    const std::int64_t id = impl_->find_request(*answer.request);
    if (id != 0) impl_->put_score(id, *answer.score, now);
  }
  transaction.commit();
}

void Store::put_scores(std::span<const ScoredRequest> scores) {
  std::lock_guard guard(impl_->mutex);
  impl_->writers();
  Transaction transaction(impl_->db);
  const std::int64_t now = now_ms();
  for (const ScoredRequest& one : scores) impl_->put_score(one.request_id, one.score, now);
  transaction.commit();
}

}  // namespace leitai
