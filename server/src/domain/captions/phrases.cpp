#include "domain/captions/phrases.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "domain/captions/width.hpp"

namespace zimu::domain::captions {
namespace {

constexpr int kClauseEnd = -25;
constexpr int kAfterLink = 100;   // a preposition, a conjunction; and a possessive
constexpr int kAfterHelper = 60;  // a pronoun, an auxiliary, a negation
constexpr int kInName = 200;
constexpr int kNumberAndUnit = 200;
constexpr int kBeforeLink = -25;
constexpr int kMidWord = 30;
constexpr int kMidPhrase = 20;

/// Words with a space on both sides, so that one search finds a whole word.
struct WordLists {
  std::string_view language;
  std::string_view glued;    ///< articles and titles: never at the end of a line
  std::string_view links;    ///< prepositions and conjunctions
  std::string_view owners;   ///< possessives and what else stands before a noun
  std::string_view helpers;
};

constexpr std::array<WordLists, 4> kLists{{
    {"en", " a an the mr mrs ms dr mr. mrs. ms. dr. prof. st. ",
     " about above after against along among around as at before behind below beneath beside between beyond by despite during "
     "except for from in inside into like near of off on onto out outside over past since than through throughout till to "
     "toward towards under until up upon via with within without and or but nor so yet because although though if unless "
     "when where while whereas whether that which who whose whom ",
     " my your his her its our their this these those no every ",
     " i you he she it we they am is are was were be been being do does did have has had will would can could shall should "
     "may might must not don't doesn't didn't won't can't couldn't wouldn't isn't aren't wasn't very "},
    {"de", " der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner keines herr herrn frau "
     "dr. prof. hr. fr. nr. st. ",
     " an auf aus außer bei bis durch entlang für gegen gegenüber hinter im in ins am ans beim vom von vor während wegen trotz "
     "mit nach neben ohne seit statt über um unter zu zum zur zwischen und oder aber denn als wie dass ob obwohl weil wenn "
     "während sondern damit bevor nachdem ",
     " mein meine dein deine sein seine ihr ihre unser unsere dieser diese dieses jede jeder ",
     " ich du er sie es wir man ist sind war waren bin bist hat haben habe hatte wird werden wurde kann können muss soll will "
     "nicht auch gar sehr so "},
    {"fr", " le la les l' un une du des au aux m. mme mlle mm. dr me st ste ",
     " à de d' en dans par pour sur sous avec sans chez vers entre depuis pendant contre avant après devant derrière malgré "
     "selon et ou mais donc or ni car que qu' qui dont où si quand comme lorsque puisque parce ",
     " mon ma mes ton ta tes son sa ses "
     "notre nos votre vos leur leurs ce cet cette ces quel quelle chaque ",
     " je tu il elle on nous vous ils elles ne n' me te se y est sont était étaient ai as a ont avait avons avez suis es sera "
     "très plus pas "},
    {"es", " el la los las lo un una unos unas al del sr. sra. srta. dr. dra. prof. don doña ",
     " a ante bajo con contra de desde durante en entre hacia hasta mediante para por según sin sobre tras y e o u ni pero mas "
     "sino que porque aunque si cuando como donde mientras pues ",
     " mi mis tu tus su sus nuestro nuestra este esta estos estas ese "
     "esa esos esas aquel aquella cada ",
     " yo tú él ella nosotros ellos ellas usted ustedes me te se le les nos no es son era eran fue ha han he había está están "
     "muy más "},
}};

char32_t first_of(std::string_view text) { return next_codepoint(text).codepoint; }

std::size_t last_start(std::string_view text) {
  std::size_t at = text.size();
  while (at > 0 && (static_cast<unsigned char>(text[at - 1]) & 0xC0U) == 0x80U) --at;
  return at == 0 ? 0 : at - 1;
}

char32_t last_of(std::string_view text) { return text.empty() ? 0 : first_of(text.substr(last_start(text))); }

bool is_upper(char32_t c) {
  return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) ||
         (c >= 0x400 && c <= 0x42F);
}

std::string lower(std::string_view text) {
  std::string out = ascii_lower(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    // À to Þ: C3 80..9E, their small letters C3 A0..BE.
    const auto next = i + 1 < out.size() ? static_cast<unsigned char>(out[i + 1]) : 0U;
    if (out[i] == '\xC3' && next >= 0x80 && next <= 0x9E && next != 0x97) out[i + 1] = static_cast<char>(next + 0x20);
  }
  return out;
}

/// Without opening quotes and brackets.
std::string_view bare(std::string_view text) {
  while (!text.empty()) {
    const Utf8Step step = next_codepoint(text);
    if (step.codepoint != '"' && step.codepoint != '\'' && !never_ends_line(step.codepoint)) break;
    text.remove_prefix(step.length);
  }
  return text;
}

bool holds(std::string_view list, const std::string& word) {
  return !word.empty() && word.find(' ') == std::string::npos && list.find(' ' + word + ' ') != std::string_view::npos;
}

std::string_view without_closing(std::string_view text) {
  constexpr std::u32string_view kClosing = U"\"')]}»”’」』）】》〉";
  while (!text.empty() && kClosing.find(last_of(text)) != std::u32string_view::npos) text = text.substr(0, last_start(text));
  return text;
}

bool one_of(char32_t c, std::u32string_view set) { return c != 0 && set.find(c) != std::u32string_view::npos; }

bool has_sign_at_end(std::string_view text) {
  return one_of(last_of(without_closing(text)), U".!?…。！？,;:，；：、—–") || without_closing(text).size() != text.size();
}

/// What the words say; 0 where they say nothing.
int word_cost(const Token& token, const Token& next, const WordLists* lists) {
  const std::string word = lower(bare(token.text));
  if (lists != nullptr) {
    if (holds(lists->glued, word)) return kNeverBreak;
    if (holds(lists->links, word) || holds(lists->owners, word)) return kAfterLink;
  }
  const bool pronoun_i = word == "i" || word.starts_with("i'") || word.starts_with("i’");
  const bool number = first_of(word) >= '0' && first_of(word) <= '9';
  if (number && !has_sign_at_end(token.text) && next.columns <= 4) return kNumberAndUnit;
  if (is_upper(first_of(bare(token.text))) && is_upper(first_of(next.text)) && !has_sign_at_end(token.text) && !pronoun_i) {
    return kInName;
  }
  if (lists != nullptr && holds(lists->helpers, word)) return kAfterHelper;
  return 0;
}

int sign_cost(const Token& token) {
  if (ends_sentence(token.text)) return kSentenceEnd;
  return one_of(last_of(without_closing(token.text)), U",;:，；：、—–") ? kClauseEnd : 0;
}

bool katakana(char32_t c) { return c >= 0x30A1 && c <= 0x30FF; }

int script_cost(const Token& token, const Token& next) {
  const char32_t before = last_of(token.text);
  const char32_t after = first_of(next.text);
  int cost = next.mid_word ? kMidWord : 0;
  if (katakana(before) && katakana(after) && next.lead.empty()) cost += kInName;
  if (before >= '0' && before <= '9' && ideographic(after) && next.lead.empty()) cost += kNumberAndUnit;
  return cost;
}

int pause_cost(const Token& token, const Token& next) {
  const auto pause = (next.start - token.end).count();
  return pause >= 500 ? -30 : pause >= 150 ? -8 : 0;
}

}  // namespace

bool ends_sentence(std::string_view text) noexcept {
  return one_of(last_of(without_closing(text)), U".!?…。！？｡");
}

std::vector<int> break_costs(const std::vector<Token>& tokens, std::string_view language) {
  const auto found = std::ranges::find(kLists, language.substr(0, language.find('-')), &WordLists::language);
  const WordLists* lists = found == kLists.end() ? nullptr : &*found;
  std::vector<int> costs(tokens.size(), kSentenceEnd);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const Token& token = tokens[i];
    const Token& next = tokens[i + 1];
    const int words = word_cost(token, next, lists);
    const int sign = sign_cost(token);
    // "Dr." is a title, not the end of a sentence.
    int cost = words == kNeverBreak ? words : sign != 0 ? sign : words != 0 ? words : kMidPhrase;
    if (cost != kNeverBreak) cost += script_cost(token, next) + pause_cost(token, next);
    if (cost != kNeverBreak && lists != nullptr && holds(lists->links, lower(bare(next.text)))) cost += kBeforeLink;
    costs[i] = cost;
  }
  return costs;
}

}  // namespace zimu::domain::captions
