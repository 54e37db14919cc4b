#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/store.h"
#include "harness/store_impl.h"

namespace leitai {

namespace {

std::array<std::uint8_t, 16> prefix_of(std::string_view digest) {
  std::array<std::uint8_t, 16> out{};
  std::memcpy(out.data(), digest.data(), std::min(digest.size(), out.size()));
  return out;
}

std::uint64_t name_hash(std::string_view text) { return std::hash<std::string_view>{}(text); }

}  // namespace

std::int64_t item_body_hash(std::string_view body) {
  const Digest digest = sha256(body);
  std::int64_t out = 0;
  std::memcpy(&out, digest.bytes.data(), sizeof out);
  return out;
}

bool PlanRows::meet(const Request& request) {
  Entry wanted{};
  wanted.digest = prefix_of(
      {reinterpret_cast<const char*>(request.digest.bytes.data()), request.digest.bytes.size()});
  wanted.item = name_hash(request.item);
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), wanted,
                       [](const Entry& a, const Entry& b) { return a.key() < b.key(); });
  if (found == entries_.end() || found->key() != wanted.key()) return false;
  found->is_met = true;
  return found->is_done;
}

bool PlanRows::is_changed(const Item& item) const {
  const auto found = items_.find(name_hash(item.id));
  return found != items_.end() && found->second != item_body_hash(dump(to_json(item)));
}

PlanRows Store::load_plan(std::string_view model, std::string_view suite) const {
  std::lock_guard guard(impl_->mutex);
  PlanRows out;
  Statement get(
      impl_->db,
      "SELECT r.digest, r.item, r.request_id, p.outcome, r.is_current FROM requests r JOIN "
      "responses p ON p.request_id = r.request_id WHERE r.model = ?1 AND r.suite = ?2");
  get.bind(1, model);
  get.bind(2, suite);
  while (get.step()) {
    PlanRows::Entry& entry = out.entries_.emplace_back();
    entry.digest = prefix_of(get.get_bytes(0));
    entry.item = name_hash(get.get_bytes(1));
    entry.request_id = get.get_int(2);
    entry.is_done = get.get_bytes(3) != "failed";
    entry.is_current = get.get_int(4) != 0;
    entry.is_met = false;
  }
  out.entries_.shrink_to_fit();
  std::sort(out.entries_.begin(), out.entries_.end(),
            [](const PlanRows::Entry& a, const PlanRows::Entry& b) { return a.key() < b.key(); });
  Statement items(impl_->db, "SELECT item, hash FROM items WHERE suite = ?1");
  items.bind(1, suite);
  while (items.step()) out.items_.emplace(name_hash(items.get_bytes(0)), items.get_int(1));
  return out;
}

std::int64_t Store::settle(const PlanRows& rows) {
  std::lock_guard guard(impl_->mutex);
  const auto differs = [](const PlanRows::Entry& entry) {
    return entry.is_met != entry.is_current;
  };
  const auto n = std::count_if(rows.entries_.begin(), rows.entries_.end(), differs);
  if (n == 0) return 0;
  Transaction transaction(impl_->db);
  Statement& put = impl_->writers().set_current;
  for (const PlanRows::Entry& entry : rows.entries_) {
    if (!differs(entry)) continue;
    const InUse use(put);
    put.bind(1, entry.request_id);
    put.bind(2, entry.is_met ? 1 : 0);
    put.step();
  }
  transaction.commit();
  return n;
}

}  // namespace leitai
