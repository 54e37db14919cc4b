#include "suites/math/lexer_tables.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "harness/core/text.h"
#include "suites/extractors/number.h"

namespace leitai::math {

namespace {

using A = CommandAction;

std::unordered_map<std::string_view, CommandUse> read_commands() {
  std::unordered_map<std::string_view, CommandUse> out;
  for (std::string_view name :
       {"left",   "right", "big",   "Big",    "bigg",         "Bigg",      "bigl",   "bigr",
        "Bigl",   "Bigr",  "biggl", "biggr",  "displaystyle", "textstyle", "limits", "nolimits",
        "rm",     "bf",    "it",    "middle", "scriptstyle",  "boxed",     "fbox",   "ensuremath",
        "mathop", "color", "hline", "bm",     "boldsymbol"})
    out[name] = {A::Skip, ""};
  for (std::string_view name : {"quad", "qquad", "enspace", "thinspace", "space", "hfill"})
    out[name] = {A::Space, ""};
  for (const auto& [name, text] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"cdot", "*"},        {"times", "*"},        {"ast", "*"},
           {"div", "/"},         {"pm", "pm"},          {"mp", "mp"},
           {"le", "l"},          {"leq", "l"},          {"leqslant", "l"},
           {"leqq", "l"},        {"ge", "g"},           {"geq", "g"},
           {"geqslant", "g"},    {"geqq", "g"},         {"lt", "<"},
           {"gt", ">"},          {"ne", "n"},           {"neq", "n"},
           {"in", "in"},         {"cup", "cup"},        {"cap", "cap"},
           {"setminus", "sub"},  {"backslash", "sub"},  {"infty", "infinity"},
           {"pi", "pi"},         {"emptyset", "empty"}, {"varnothing", "empty"},
           {"circ", "deg"},      {"degree", "deg"},     {"mid", "|"},
           {"vert", "|"},        {"lvert", "|"},        {"rvert", "|"},
           {"Vert", "|"},        {"lVert", "|"},        {"rVert", "|"},
           {"langle", "("},      {"rangle", ")"},       {"lbrace", "\\{"},
           {"rbrace", "\\}"},    {"lbrack", "["},       {"rbrack", "]"},
           {"lfloor", "lfloor"}, {"rfloor", "rfloor"},  {"lceil", "lceil"},
           {"rceil", "rceil"},   {"frac", "frac"},      {"dfrac", "frac"},
           {"tfrac", "frac"},    {"cfrac", "frac"},     {"sqrt", "sqrt"},
           {"binom", "binom"},   {"dbinom", "binom"},   {"tbinom", "binom"},
           {"over", "over"},     {"choose", "choose"},  {"ldots", "dots"},
           {"cdots", "dots"},    {"dots", "dots"},      {"colon", ":"},
           {"land", "both"},     {"wedge", "both"},     {"lor", "or"},
           {"vee", "or"},        {"approx", "approx"},  {"thickapprox", "approx"},
           {"prime", "'"},       {"equiv", "="},        {"R", "reals"},
           {"sum", "?"},         {"int", "?"},          {"prod", "?"},
           {"lim", "?"},         {"to", "?"},           {"rightarrow", "?"},
           {"implies", "?"},     {"Rightarrow", "?"},   {"iff", "?"},
           {"forall", "?"},      {"exists", "?"},       {"perp", "?"},
           {"parallel", "?"},    {"subset", "?"},       {"subseteq", "?"},
           {"notin", "?"},       {"percent", "%"}})
    out[name] = {A::Symbol, text};
  for (std::string_view name :
       {"sin",    "cos",    "tan",  "cot",  "sec",  "csc",  "arcsin", "arccos",
        "arctan", "arccot", "sinh", "cosh", "tanh", "coth", "ln",     "log",
        "lg",     "exp",    "max",  "min",  "gcd",  "lcm",  "det"})
    out[name] = {A::Function, ""};
  for (std::string_view name :
       {"alpha", "beta",   "gamma", "delta", "epsilon", "zeta",  "eta",   "theta",  "iota",
        "kappa", "lambda", "mu",    "nu",    "xi",      "rho",   "sigma", "tau",    "upsilon",
        "phi",   "chi",    "psi",   "omega", "Gamma",   "Delta", "Theta", "Lambda", "Xi",
        "Pi",    "Sigma",  "Phi",   "Psi",   "Omega",   "ell",   "hbar"})
    out[name] = {A::Letter, name};
  // The same letter as its character, whichever way it is written.
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kGreek{
      {{"alpha", "\u03B1"},   {"beta", "\u03B2"},   {"gamma", "\u03B3"}, {"delta", "\u03B4"},
       {"epsilon", "\u03B5"}, {"zeta", "\u03B6"},   {"eta", "\u03B7"},   {"theta", "\u03B8"},
       {"kappa", "\u03BA"},   {"lambda", "\u03BB"}, {"mu", "\u03BC"},    {"nu", "\u03BD"},
       {"xi", "\u03BE"},      {"rho", "\u03C1"},    {"sigma", "\u03C3"}, {"tau", "\u03C4"},
       {"phi", "\u03C6"},     {"chi", "\u03C7"},    {"psi", "\u03C8"},   {"omega", "\u03C9"},
       {"Delta", "\u0394"},   {"Omega", "\u03A9"},  {"Sigma", "\u03A3"}, {"Gamma", "\u0393"}}};
  for (const auto& [name, letter] : kGreek) out[name] = {A::Letter, letter};
  out["varepsilon"] = {A::Letter, "\u03B5"};
  out["varphi"] = {A::Letter, "\u03C6"};
  out["vartheta"] = {A::Letter, "\u03B8"};
  out["angle"] = {A::Named, "angle "};
  out["triangle"] = {A::Named, "triangle "};
  for (std::string_view name : {"text", "textbf", "textit", "textrm", "textsf", "texttt", "mbox",
                                "textnormal", "hbox", "emph", "underline"})
    out[name] = {A::Text, ""};
  for (std::string_view name : {"mathrm", "mathbf", "mathit", "mathsf", "operatorname", "mathcal",
                                "mathtt", "mathbb", "mathfrak"})
    out[name] = {A::Upright, ""};
  for (std::string_view name : {"overline", "bar", "vec", "hat", "widehat", "tilde", "dot",
                                "overrightarrow", "overleftrightarrow", "overset"})
    out[name] = {A::Accent, ""};
  out["begin"] = {A::Begin, ""};
  out["end"] = {A::End, ""};
  return out;
}

struct Fraction {
  char32_t character;
  Rational value;
};

constexpr Fraction kFractions[] = {
    {0xBC, {1, 4}},    {0xBD, {1, 2}},   {0xBE, {3, 4}},   {0x2150, {1, 7}}, {0x2151, {1, 9}},
    {0x2152, {1, 10}}, {0x2153, {1, 3}}, {0x2154, {2, 3}}, {0x2155, {1, 5}}, {0x2156, {2, 5}},
    {0x2157, {3, 5}},  {0x2158, {4, 5}}, {0x2159, {1, 6}}, {0x215A, {5, 6}}, {0x215B, {1, 8}},
    {0x215C, {3, 8}},  {0x215D, {5, 8}}, {0x215E, {7, 8}}};

struct SymbolOf {
  char32_t character;
  std::string_view text;
};

constexpr SymbolOf kSymbols[] = {
    {0xD7, "*"},       {0xF7, "/"},        {0xB7, "*"},        {0x22C5, "*"},
    {0x2219, "*"},     {0x2217, "*"},      {0xB1, "pm"},       {0x2213, "mp"},
    {0x2264, "l"},     {0x2265, "g"},      {0x2A7D, "l"},      {0x2A7E, "g"},
    {0x2266, "l"},     {0x2267, "g"},      {0x2260, "n"},      {0x2208, "in"},
    {0x222A, "cup"},   {0x2229, "cap"},    {0x2216, "sub"},    {0x221E, "infinity"},
    {0x221A, "sqrt"},  {0x221B, "cbrt"},   {0x2205, "empty"},  {0xD8, "empty"},
    {0xB0, "deg"},     {0x230A, "lfloor"}, {0x230B, "rfloor"}, {0x2308, "lceil"},
    {0x2309, "rceil"}, {0x27E8, "("},      {0x27E9, ")"},      {0x2236, ":"},
    {0x2227, "both"},  {0x2228, "or"},     {0x2223, "|"},      {0x211D, "reals"},
    {0x2026, "dots"},  {0x3001, ","},      {0x2032, "'"},      {0x2248, "approx"},
    {0x2013, "-"},     {0x2014, "-"},      {0x2044, "/"},      {0x2215, "/"},
    {0x3010, "["},     {0x3011, "]"},      {0x2217, "*"}};

}  // namespace

const CommandUse* find_command(std::string_view name) {
  static const auto kCommands = read_commands();
  const auto found = kCommands.find(name);
  return found == kCommands.end() ? nullptr : &found->second;
}

bool is_function(std::string_view name) {
  static const std::unordered_set<std::string_view> kNames{
      "sin",  "cos",  "tan",  "cot", "sec", "csc", "arcsin", "arccos", "arctan", "arccot", "sinh",
      "cosh", "tanh", "coth", "ln",  "log", "lg",  "exp",    "sqrt",   "asin",   "acos",   "atan",
      "abs",  "cbrt", "max",  "min", "gcd", "lcm", "arcsec", "arccsc", "tg",     "ctg"};
  return name.size() > 1 && kNames.count(name) != 0;
}

bool is_cjk(char32_t c) {
  return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0x3041 && c <= 0x30FF) || c == 0x3005 ||
         c == 0x3007 || (c >= 0xF900 && c <= 0xFAFF);
}

const Rational* vulgar_fraction(char32_t c) {
  const auto* found = std::find_if(std::begin(kFractions), std::end(kFractions),
                                   [&](const Fraction& f) { return f.character == c; });
  return found == std::end(kFractions) ? nullptr : &found->value;
}

int superscript_digit(char32_t c) {
  if (c == 0xB9) return 1;
  if (c == 0xB2 || c == 0xB3) return static_cast<int>(c - 0xB0);
  if (c == 0x2070 || (c >= 0x2074 && c <= 0x2079)) return static_cast<int>(c - 0x2070);
  return -1;
}

std::string_view unicode_symbol(char32_t c) {
  const auto* found = std::find_if(std::begin(kSymbols), std::end(kSymbols),
                                   [&](const SymbolOf& s) { return s.character == c; });
  return found == std::end(kSymbols) ? "?" : found->text;
}

std::optional<Node> chinese_number(std::u32string_view text) {
  const auto token = parse_chinese_numeral(text);
  if (!token) return std::nullopt;
  const std::string shown = token->value.to_text();
  std::string_view rest = shown;
  const bool negative = !rest.empty() && rest[0] == '-';
  if (negative) rest.remove_prefix(1);
  const auto of = [](std::string_view part) {
    const std::size_t point = part.find('.');
    return point == std::string_view::npos
               ? from_decimal(part, "")
               : from_decimal(part.substr(0, point), part.substr(point + 1));
  };
  if (rest.find_first_not_of("0123456789./") != std::string_view::npos) return std::nullopt;
  const std::size_t bar = rest.find('/');
  MaybeRational value = of(rest.substr(0, bar));
  if (value && bar != std::string_view::npos) {
    const auto below = of(rest.substr(bar + 1));
    value = below ? divide(*value, *below) : std::nullopt;
  }
  if (!value) return std::nullopt;
  if (negative) value->num = -value->num;
  Node out = number_node(*value);
  if (token->is_percent) out = unary(Kind::Percent, std::move(out));
  return out;
}

}  // namespace leitai::math
