#include "harness/store_impl.h"

namespace leitai {

std::vector<StoredSpending> Store::spending() const {
  std::lock_guard guard(impl_->mutex);
  // A failed answer that a newer one replaced lives on as an event; what it cost was paid all the
  // same. Answers that were kept from another run have no attempts.
  Statement get(impl_->db,
                "SELECT model, currency, sum(cost), sum(requests), sum(tokens) FROM ("
                "SELECT q.model AS model, "
                "coalesce(r.currency, r.assumed_currency, '') AS currency, "
                "coalesce(r.cost, r.assumed_cost, 0) AS cost, 1 AS requests, "
                "coalesce(r.assumed_tokens, coalesce(r.prompt_tokens, 0) + "
                "coalesce(r.completion_tokens, 0)) AS tokens "
                "FROM responses r JOIN requests q USING (request_id) WHERE r.attempts > 0 "
                "UNION ALL "
                "SELECT q.model, coalesce(json_extract(e.body, '$.currency'), ''), "
                "coalesce(json_extract(e.body, '$.cost'), 0), 1, "
                "coalesce(json_extract(e.body, '$.prompt_tokens'), 0) + "
                "coalesce(json_extract(e.body, '$.completion_tokens'), 0) "
                "FROM events e JOIN requests q USING (request_id) "
                "WHERE e.kind = 'failed_before' AND json_extract(e.body, '$.attempts') > 0"
                ") GROUP BY model, currency");
  std::vector<StoredSpending> out;
  while (get.step())
    out.push_back(
        {get.get_text(0), get.get_text(1), get.get_double(2), get.get_int(3), get.get_int(4)});
  return out;
}

}  // namespace leitai
