#include "harness/stats/paired_binary.h"

#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"
#include "harness/stats/paired_graded.h"

namespace leitai {
namespace {

nlohmann::json table(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const PairedTable table{fields.get<std::int64_t>("n11"), fields.get<std::int64_t>("b"),
                          fields.get<std::int64_t>("c"), fields.get<std::int64_t>("n00")};
  for (const std::int64_t cell : {table.both, table.only_a, table.only_b, table.neither})
    want(cell >= 0 && cell <= 1'000'000'000, "cells must lie between 0 and a billion");
  want(table.items() >= 1, "the table holds no item");
  const double alpha = fields.alpha();
  const std::int64_t b = table.only_a, c = table.only_b;
  const std::optional<double> se = paired_se_unbiased(table);
  const PairedT test =
      se ? student_test(table.delta(), *se, static_cast<double>(table.items()) - 1, alpha)
         : PairedT{};
  const ChiSquared plain = mcnemar_chi_squared(b, c, false),
                   corrected = mcnemar_chi_squared(b, c, true);
  return {{"delta", table.delta()},
          {"se_n", paired_se(table)},
          {"se_unbiased", or_null(se)},
          {"t", or_null(test.t)},
          {"t_p", or_null(test.p)},
          {"mcnemar_exact", mcnemar_exact(b, c)},
          {"mcnemar_midp", mcnemar_midp(b, c)},
          {"chi2", plain.statistic},
          {"chi2_p", plain.p},
          {"chi2_cc", corrected.statistic},
          {"chi2_cc_p", corrected.p},
          {"wald", to_list(paired_wald(table, alpha))},
          {"agresti_min", to_list(agresti_min(table, alpha))},
          {"newcombe", to_list(newcombe_paired(table, NewcombePhi::Plain, alpha))},
          {"newcombe_cc_phi", to_list(newcombe_paired(table, NewcombePhi::Corrected, alpha))},
          {"tango", to_list(tango(table.items(), b, c, alpha))}};
}

constexpr StatFunction kFunctions[] = {{"paired_table", table}};

}  // namespace

extern constinit const StatSubject paired_binary_subject;
constinit const StatSubject paired_binary_subject = {"paired_binary", kFunctions};

}  // namespace leitai
