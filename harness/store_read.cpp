#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/store.h"
#include "harness/store_impl.h"

/// The reading half of the store.
namespace leitai {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestText = std::size_t{1} << 30;  // unpacked, of one column

constexpr const char* kColumns =
    "SELECT r.request_id, r.model, r.suite, r.item, r.sample, r.digest, r.mode, r.wanted, r.sent, "
    "r.seed, "
    "p.outcome, p.kind, p.message, p.http_status, p.finish_reason, p.text, p.reasoning, "
    "p.prompt_tokens, p.completion_tokens, "
    "p.reasoning_tokens, p.cached_tokens, p.ttft_ms, p.total_ms, p.queued_ms, p.cost, p.currency, "
    "p.served_model, p.attempts, "
    "p.logprobs, p.continuations, s.scorer, s.version, s.status, s.score, s.extracted, s.tier, "
    "s.span_begin, s.span_end, s.flags, s.why, "
    "p.blocked, p.code, p.service_id, p.fingerprint, p.upstream, p.body_sha256, p.sent_at, "
    "p.answer_ttft_ms, p.last_text_ms, p.gap_p50_ms, p.gap_p99_ms, p.text_events, p.retry_cost";

constexpr const char* kTables =
    " FROM requests r CROSS JOIN responses p ON p.request_id = r.request_id LEFT JOIN scores s ON "
    "s.request_id = r.request_id AND s.scorer = "
    "(SELECT scorer FROM scores WHERE request_id = r.request_id ORDER BY graded_at DESC, scorer "
    "LIMIT 1)";

constexpr const char* kNewest =
    "r.is_current = 1 AND NOT EXISTS (SELECT 1 FROM requests n WHERE n.model = r.model AND n.suite "
    "= r.suite AND n.item "
    "= r.item AND n.sample = r.sample "
    "AND n.is_current = 1 AND n.request_id > r.request_id)";

std::string select_records(bool with_prompts, std::string_view rest) {
  return fmt::format("{}{}{}{} {}", kColumns, with_prompts ? ", q.body" : "", kTables,
                     with_prompts ? " LEFT JOIN prompts q ON q.prompt_id = r.prompt_id" : "", rest);
}

constexpr int kPromptColumn = 53;

/// JSON has no infinity: null is minus infinity.
double logprob_from(const Json& in) {
  return in.is_null() ? -std::numeric_limits<double>::infinity() : in.get<double>();
}

}  // namespace

std::string Packer::get(const Statement& statement, int column, const std::filesystem::path& file) {
  const std::string_view bytes = statement.get_bytes(column);
  if (!statement.is_blob(column)) return std::string(bytes);
  try {
    return zstd_.decompress(bytes, kLongestText);
  } catch (const Error& error) {
    throw DamagedError(
        fmt::format("{}: a stored text is damaged: {}", file.string(), error.what()));
  }
}

Record Store::Impl::record_of(const Statement& row, Detail detail) {
  Record out;
  const auto wrong = [&](std::string_view what) {
    return DamagedError(
        fmt::format("{}: request {}: {}", db.path().string(), out.request.id, what));
  };
  const auto optional_int = [&](int column) {
    const auto value = row.get_optional_int(column);
    return value ? std::optional(static_cast<int>(*value)) : std::nullopt;
  };
  try {
    Request& request = out.request;
    request.id = row.get_int(0);
    request.model = row.get_text(1);
    request.suite = row.get_text(2);
    request.item = row.get_text(3);
    request.sample = static_cast<int>(row.get_int(4));
    const std::string_view digest = row.get_bytes(5);
    if (digest.size() != request.digest.bytes.size()) throw wrong("its digest is cut");
    std::copy(digest.begin(), digest.end(), request.digest.bytes.begin());
    request.mode = mode_from(row.get_bytes(6)).value_or(Mode::Chat);
    const bool is_whole = detail != Detail::Facts;
    if (is_whole) request.wanted = sampling_params_from(Json::parse(packer.get(row, 7, db.path())));
    if (is_whole) request.sent_json = packer.get(row, 8, db.path());
    request.seed = static_cast<std::uint64_t>(row.get_int(9));

    Response& response = out.response;
    response.request_id = request.id;
    const auto outcome = outcome_from(row.get_bytes(10));
    if (!outcome) throw wrong("unknown outcome");
    response.outcome = *outcome;
    if (!row.is_null(11)) {
      const auto kind = failure_kind_from(row.get_bytes(11));
      response.failure =
          Failure{kind.value_or(FailureKind::Server), row.get_text(12), optional_int(13)};
    }
    if (!row.is_null(14)) response.finish_reason = finish_reason_from(row.get_bytes(14));
    if (is_whole) response.text = packer.get(row, 15, db.path());
    if (is_whole && !row.is_null(16)) response.reasoning = packer.get(row, 16, db.path());
    response.usage = {row.get_optional_int(17), row.get_optional_int(18), row.get_optional_int(19),
                      row.get_optional_int(20)};
    response.timing = {row.get_optional_double(21), row.get_optional_double(22),
                       row.get_optional_double(23), row.get_optional_double(47),
                       row.get_optional_double(48), row.get_optional_double(49),
                       row.get_optional_double(50), row.get_optional_int(51)};
    response.retry_cost = row.get_optional_double(52);
    if (!row.is_null(40)) response.blocked = blocked_from(row.get_bytes(40));
    if (row.is_null(11)) response.service.http_status = optional_int(13);
    if (is_whole) {
      if (row.is_null(11)) response.service.said = row.get_optional_text(12);
      response.service.code = row.get_optional_text(41);
      response.service.request_id = row.get_optional_text(42);
      response.service.fingerprint = row.get_optional_text(43);
      response.service.upstream = row.get_optional_text(44);
      response.service.body_sha256 = row.get_optional_text(45);
      response.service.sent_at_ms = row.get_optional_int(46);
    }
    if (!row.is_null(24)) response.price = Price{row.get_double(24), row.get_text(25)};
    response.served_model = row.get_optional_text(26);
    response.attempts = static_cast<int>(row.get_int(27));
    if (is_whole && !row.is_null(28)) {
      const Json logprobs = Json::parse(packer.get(row, 28, db.path()));
      for (const Json& one : logprobs)
        response.logprobs.push_back({one.at(0).get<std::string>(), logprob_from(one.at(1))});
    }
    if (is_whole && !row.is_null(29)) {
      const Json all = Json::parse(packer.get(row, 29, db.path()));
      for (const Json& one : all.at("logprobs"))
        response.continuation_logprobs.push_back(logprob_from(one));
      response.continuation_greedy = all.at("greedy").get<std::vector<bool>>();
      response.continuation_tokens = all.at("tokens").get<std::vector<int>>();
    }

    if (!row.is_null(30)) {
      Score& score = out.score.emplace();
      score.scorer = row.get_text(30);
      if (!row.get_bytes(31).empty()) score.scorer += "@" + row.get_text(31);
      const auto status = score_status_from(row.get_bytes(32));
      if (!status) throw wrong("unknown status of a score");
      score.status = *status;
      score.score = row.get_optional_double(33);
      score.extracted = row.get_optional_text(34);
      score.tier = row.get_text(35);
      if (!row.is_null(36))
        score.span = {static_cast<std::size_t>(row.get_int(36)),
                      static_cast<std::size_t>(row.get_int(37))};
      if (!row.is_null(38))
        score.flags = Json::parse(row.get_bytes(38)).get<std::vector<std::string>>();
      score.why = row.get_text(39);
    }
    if (detail == Detail::Prompts && !row.is_null(kPromptColumn))
      request.prompt = prompt_from(Json::parse(packer.get(row, kPromptColumn, db.path())));
  } catch (const DamagedError&) {
    throw;
  } catch (const Error& error) {
    throw wrong(error.what());
  } catch (const Json::exception& error) {
    throw wrong(error.what());
  }
  return out;
}

std::vector<Record> Store::Impl::records(Statement& statement, Detail detail) {
  std::vector<Record> out;
  while (statement.step()) out.push_back(record_of(statement, detail));
  return out;
}

void Store::each(Detail detail, const std::function<bool(const Record&)>& visit) const {
  std::lock_guard guard(impl_->mutex);
  std::vector<bool> seen;  // by request id
  std::string damage;
  try {
    Statement all(
        impl_->db,
        select_records(detail == Detail::Prompts,
                       fmt::format("WHERE {} ORDER BY r.model, r.suite, r.item, r.sample", kNewest))
            .c_str());
    while (true) {
      std::optional<Record> record;
      try {
        if (!all.step()) return;
        record = impl_->record_of(all, detail);
      } catch (const DamagedError& error) {
        damage = error.what();
        break;
      }
      const auto id = static_cast<std::size_t>(record->request.id);
      if (seen.size() <= id) seen.resize(id + id / 2 + 64);
      seen[id] = true;
      if (!visit(*record)) return;
    }
  } catch (const DamagedError& error) {
    if (!damage.empty()) throw;
    damage = error.what();
  }
  impl_->each_readable(detail, visit, seen, damage);
}

bool Store::has_repeats() const {
  std::lock_guard guard(impl_->mutex);
  return impl_->db.query_int(
             "SELECT count(*) FROM (SELECT 1 FROM requests WHERE sample > 0 LIMIT "
             "1)") > 0;
}

void Store::each_fact(const std::function<bool(const Record&)>& visit) const {
  {
    std::lock_guard guard(impl_->mutex);
    // In the order of the rows everything is read once from front to back: five times as fast.
    const bool is_asked_anew =
        impl_->db.query_int(
            "SELECT count(*) FROM (SELECT 1 FROM requests GROUP BY model, suite, "
            "item, sample HAVING count(*) > 1 LIMIT 1)") > 0;
    Statement all(impl_->db, select_records(false, is_asked_anew ? fmt::format("WHERE {}", kNewest)
                                                                 : "WHERE r.is_current = 1")
                                 .c_str());
    try {
      while (all.step())
        if (!visit(impl_->record_of(all, Detail::Facts))) return;
      return;
    } catch (const DamagedError&) {  // told by each(), which reads past the damage
    }
  }
  throw Error(
      fmt::format("{}: the file is damaged\n        leitai export {} saves what can still "
                  "be read",
                  path().string(), path().parent_path().string()));
}

void Store::each_lot(Detail detail, const std::function<void(const Record&)>& visit,
                     const std::function<void()>& between) const {
  constexpr std::int64_t kLot = 4096;
  std::vector<bool> seen;  // by request id
  std::string damage;
  try {
    const std::int64_t last = impl_->db.query_int("SELECT max(request_id) FROM requests");
    for (std::int64_t first = 0; first <= last; first += kLot) {
      {
        std::lock_guard guard(impl_->mutex);
        Statement some(
            impl_->db,
            select_records(
                detail == Detail::Prompts,
                fmt::format("WHERE r.request_id >= ?1 AND r.request_id < ?2 AND {}", kNewest))
                .c_str());
        some.bind(1, first);
        some.bind(2, first + kLot);
        while (some.step()) {
          const Record record = impl_->record_of(some, detail);
          const auto id = static_cast<std::size_t>(record.request.id);
          if (seen.size() <= id) seen.resize(id + id / 2 + 64);
          seen[id] = true;
          visit(record);
        }
      }
      between();
    }
    return;
  } catch (const DamagedError& error) {
    damage = error.what();
  }
  std::lock_guard guard(impl_->mutex);
  const auto go_on = [&](const Record& record) {
    visit(record);
    return true;
  };
  impl_->each_readable(detail, go_on, seen, damage);
}

void Store::each_ungraded(std::string_view suite,
                          const std::function<bool(const Record&)>& visit) const {
  std::lock_guard guard(impl_->mutex);
  Statement some(
      impl_->db,
      select_records(false, fmt::format("WHERE r.suite = ?1 AND {} AND NOT EXISTS (SELECT 1 "
                                        "FROM scores g WHERE g.request_id = r.request_id AND "
                                        "g.status <> 'INFRA_ERROR')",
                                        kNewest))
          .c_str());
  some.bind(1, suite);
  while (some.step()) {
    const Record record = impl_->record_of(some, Detail::Answers);
    if (record.response.outcome != Outcome::Failed && !visit(record)) return;
  }
}

/// Request by request, past the damage; those in `seen` have been visited. Throws at the end.
void Store::Impl::each_readable(Detail detail, const std::function<bool(const Record&)>& visit,
                                std::vector<bool>& seen, const std::string& reason) {
  std::int64_t last = static_cast<std::int64_t>(seen.size());
  for (const char* sql :
       {"SELECT max(request_id) FROM requests", "SELECT max(request_id) FROM responses"}) {
    try {
      last = std::max(last, db.query_int(sql));
    } catch (const DamagedError&) {  // the other table may tell
    }
  }
  std::int64_t lost = 0, read = std::count(seen.begin(), seen.end(), true);
  const bool with_prompts = detail == Detail::Prompts;
  const Detail less = with_prompts ? Detail::Answers : detail;
  // Where the prompt is damaged the answer is given without it; where the index is, older answers
  // are given too.
  const struct {
    Detail detail;
    std::string sql;
  } tries[] = {
      {detail,
       select_records(with_prompts, fmt::format("WHERE r.request_id = ?1 AND {}", kNewest))},
      {detail, select_records(with_prompts, "WHERE r.request_id = ?1")},
      {less, select_records(false, fmt::format("WHERE r.request_id = ?1 AND {}", kNewest))},
      {less, select_records(false, "WHERE r.request_id = ?1")}};
  for (std::int64_t id = 1; id <= last; ++id) {
    if (static_cast<std::size_t>(id) < seen.size() && seen[static_cast<std::size_t>(id)]) continue;
    std::optional<Record> record;
    bool is_damaged = false;
    for (const auto& [part, sql] : tries) {
      try {
        Statement one(db, sql.c_str());
        one.bind(1, id);
        if (one.step()) record = record_of(one, part);
        is_damaged = false;
        break;
      } catch (const DamagedError&) {
        is_damaged = true;
      }
    }
    lost += is_damaged;
    if (!record) continue;
    ++read;
    if (!visit(*record)) return;
  }
  throw Error(fmt::format("{}\n        {} answers could be read, {} could not", reason,
                          with_commas(read), with_commas(lost)));
}

std::optional<Item> Store::item(std::string_view suite, std::string_view id) const {
  std::lock_guard guard(impl_->mutex);
  Statement get(impl_->db, "SELECT body FROM items WHERE suite = ?1 AND item = ?2");
  get.bind(1, suite);
  get.bind(2, id);
  if (!get.step()) return std::nullopt;
  return item_from(parse_json(impl_->packer.get(get, 0, path()), path().string()));
}

void Store::each_item(std::string_view suite, const std::function<bool(const Item&)>& visit) const {
  std::lock_guard guard(impl_->mutex);
  Statement get(impl_->db, suite.empty()
                               ? "SELECT body FROM items ORDER BY item_id"
                               : "SELECT body FROM items WHERE suite = ?1 ORDER BY item_id");
  if (!suite.empty()) get.bind(1, suite);
  while (get.step()) {
    if (!visit(item_from(parse_json(impl_->packer.get(get, 0, path()), path().string())))) return;
  }
}

void Store::each_summary(const std::function<void(const ItemSummary&)>& visit) const {
  std::lock_guard guard(impl_->mutex);
  Statement get(impl_->db, "SELECT suite, item, language, tags, scorer, pair FROM items");
  while (get.step()) {
    ItemSummary out;
    out.suite = get.get_text(0);
    out.id = get.get_text(1);
    out.language = get.get_text(2);
    if (!get.is_null(3)) out.tags = Json::parse(get.get_bytes(3)).get<std::vector<std::string>>();
    out.is_graded = !get.get_bytes(4).empty();
    out.pair_key = get.get_text(5);
    visit(out);
  }
}

std::map<std::string, std::set<std::string>> Store::unusual_scorers(
    const std::function<bool(const std::string& scorer)>& is_usual) const {
  std::lock_guard guard(impl_->mutex);
  std::map<std::string, std::set<std::string>> out;
  Statement all(impl_->db, "SELECT DISTINCT scorer, version FROM scores");
  while (all.step()) {
    const std::string name = all.get_text(0), version = all.get_text(1);
    const std::string scorer = fmt::format("{}@{}", name, version);
    if (is_usual(scorer)) continue;
    Statement suites(impl_->db,
                     "SELECT DISTINCT r.suite FROM scores s JOIN requests r ON r.request_id = "
                     "s.request_id WHERE s.scorer = ?1 AND s.version = ?2");
    suites.bind(1, std::string_view(name));
    suites.bind(2, std::string_view(version));
    while (suites.step()) out[suites.get_text(0)].insert(scorer);
  }
  return out;
}

std::vector<Record> Store::find(std::string_view suite, std::string_view item,
                                std::string_view model) const {
  std::lock_guard guard(impl_->mutex);
  const std::string rest = fmt::format(
      "WHERE r.model IN ({}) AND r.suite = ?1 AND r.item = ?2 AND {} ORDER BY r.model, r.sample",
      model.empty() ? "SELECT model FROM models" : "?3", kNewest);
  Statement get(impl_->db, select_records(true, rest).c_str());
  get.bind(1, suite);
  get.bind(2, item);
  if (!model.empty()) get.bind(3, model);
  return impl_->records(get, Detail::Prompts);
}

std::optional<Record> Store::find(std::int64_t request_id) const {
  std::lock_guard guard(impl_->mutex);
  Statement get(impl_->db, select_records(true, "WHERE r.request_id = ?1").c_str());
  get.bind(1, request_id);
  std::vector<Record> found = impl_->records(get, Detail::Prompts);
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<StoredCount> Store::counts() const {
  std::lock_guard guard(impl_->mutex);
  Statement get(impl_->db, fmt::format("SELECT r.model, r.suite, p.outcome, s.status, count(*){} "
                                       "WHERE {} GROUP BY r.model, r.suite, p.outcome, s.status",
                                       kTables, kNewest)
                               .c_str());
  std::vector<StoredCount> out;
  while (get.step()) {
    StoredCount& count = out.emplace_back();
    count.model = get.get_text(0);
    count.suite = get.get_text(1);
    count.outcome = outcome_from(get.get_bytes(2)).value_or(Outcome::Failed);
    if (!get.is_null(3)) count.status = score_status_from(get.get_bytes(3));
    count.n = get.get_int(4);
  }
  return out;
}

}  // namespace leitai
