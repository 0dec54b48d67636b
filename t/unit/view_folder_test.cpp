#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "view/folder.h"

namespace gatehouse::view {
namespace {

class view_folder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "gatehouse-view-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    write("en.json", R"({"hello":{"title":"Hello","only":"English"}})");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((std::filesystem::path(directory_) / name).parent_path());
    std::ofstream(directory_ + "/" + name) << text;
  }
  folder load() {
    auto loaded = folder::load(directory_, {});
    if (!loaded) throw std::runtime_error(loaded.failure().what);
    return std::move(*loaded);
  }
  std::string refused(std::span<const std::string_view> required = {}) {
    const auto loaded = folder::load(directory_, required);
    return loaded ? "" : loaded.failure().what;
  }
  std::string rendered(const std::string& text, const nlohmann::json& values, const std::string& suffix = ".html") {
    write("page" + suffix, text);
    return load().render("page" + suffix, "en", values);
  }

  std::string directory_;
};

TEST_F(view_folder, html_is_escaped_and_text_is_not) {
  const nlohmann::json values = {{"name", "<b>\"O'Neil\" & co</b>"}};
  EXPECT_EQ(rendered("{{name}}", values), "&lt;b&gt;&quot;O&apos;Neil&quot; &amp; co&lt;/b&gt;");
  EXPECT_EQ(rendered("{{name}}", values, ".txt"), "<b>\"O'Neil\" & co</b>");
}

TEST_F(view_folder, what_is_absent_null_empty_or_false_is_false_to_a_section) {
  const std::string text = "{{#x}}yes{{/x}}{{^x}}no{{/x}}";
  for (const auto& value :
       {nlohmann::json(nullptr), nlohmann::json(""), nlohmann::json(false), nlohmann::json::array()}) {
    EXPECT_EQ(rendered(text, {{"x", value}}), "no") << value;
  }
  EXPECT_EQ(rendered(text, nlohmann::json::object()), "no");
  for (const auto& value : {nlohmann::json("x"), nlohmann::json(true), nlohmann::json(0), nlohmann::json::array({1})}) {
    EXPECT_EQ(rendered(text, {{"x", value}}), "yes") << value;
  }
}

TEST_F(view_folder, lists_objects_and_numbers) {
  const nlohmann::json values = {{"all", {{{"n", 1}}, {{"n", 2}}}}, {"a", {{"b", {{"c", "deep"}}}}}};
  EXPECT_EQ(rendered("{{#all}}{{n}},{{/all}}{{a.b.c}}{{a.b.d}}", values), "1,2,deep");
}

TEST_F(view_folder, parts_are_put_in_and_may_have_parts) {
  write("_inner.html", "[{{x}}]");
  write("_outer.html", "({{> _inner}})");
  EXPECT_EQ(rendered("{{>_outer}}{{> _inner }}", {{"x", "1"}}), "([1])[1]");
}

TEST_F(view_folder, a_language_lacks_nothing_that_english_has) {
  write("de.json", R"({"hello":{"title":"Hallo"}})");
  write("page.html", "{{text.hello.title}} {{text.hello.only}}");
  const folder made = load();
  EXPECT_EQ(made.render("page.html", "de", {}), "Hallo English");
  EXPECT_EQ(made.render("page.html", "en", {}), "Hello English");
  EXPECT_EQ(made.render("page.html", "xx", {}), "Hello English");
  EXPECT_EQ(made.text("hello", "title", "de"), "Hallo");
  EXPECT_EQ(made.text("hello", "only", "de"), "English");
  EXPECT_EQ(made.text("hello", "nothing", "de"), "");
  EXPECT_EQ(made.text("nothing", "title", "de"), "");
  EXPECT_EQ(made.language_for("de-AT,en;q=0.5"), "de");
  EXPECT_EQ(made.language_for("fr"), "en");
}

TEST_F(view_folder, all_texts_of_a_group_at_once) {
  write("de.json", R"({"hello":{"title":"Hallo"}})");
  const std::map<std::string, std::string> expected{{"only", "English"}, {"title", "Hallo"}};
  EXPECT_EQ(load().texts("hello", "de"), expected);
  EXPECT_TRUE(load().texts("nothing", "de").empty());
}

TEST_F(view_folder, tags_that_are_no_templates_fault) {
  for (const char* good :
       {"{{! a comment, with } and\n{ and <tags> }}", "{{{x}}}", "{{&x}}", "{{ x }}", "{{#x}}\n{{.}}\n{{/x}}",
        "{{text.hello.title}}", "{{#text.hello}}{{title}}{{/text.hello}}", "a } b { c }} d"}) {
    write("page.html", good);
    EXPECT_EQ(refused(), "") << good;
  }
}

TEST_F(view_folder, the_line_is_that_of_the_file) {
  const std::array<std::pair<const char*, const char*>, 8> wrong{
      {{"\n\n{{#a}}\n", "line 3: {{#a}} is never closed"},
       {"{{^a}}\n{{/b}}", "line 2: {{/b}} stands where {{^a}} of line 1"},
       {"\n{{/b}}", "line 2: {{/b}} closes nothing"},
       {"\n{{a\n", "line 2: the {{ here has no }}"},
       {"\n{{a\n{{b}}", "line 2: the {{ here is not followed"},
       {"{{=<% %>=}}", "line 1: the {{ here is not followed"},
       {"\n{{text.hello.tilte}}", "line 2: {{text.hello.tilte}} is not in"},
       {"a\n\xff", "line 2: not UTF-8"}}};
  for (const auto& [text, complaint] : wrong) {
    write("_part.html", "one\ntwo\n");
    write("page.html", text);
    EXPECT_NE(refused().find(complaint), std::string::npos) << refused();
    write("page.html", std::string("{{> _part}}") + text);
    EXPECT_NE(refused().find(complaint), std::string::npos) << "parts do not count: " << refused();
  }
}

TEST_F(view_folder, assets_have_a_type_and_a_tag_of_their_bytes) {
  write("assets/a.css", "body{}");
  write("assets/b.js", "1");
  const folder made = load();
  ASSERT_NE(made.find_asset("a.css"), nullptr);
  EXPECT_EQ(made.find_asset("a.css")->content_type, "text/css; charset=utf-8");
  EXPECT_EQ(made.find_asset("a.css")->bytes, "body{}");
  EXPECT_NE(made.find_asset("a.css")->etag, made.find_asset("b.js")->etag);
  EXPECT_EQ(made.find_asset("../en.json"), nullptr);
  EXPECT_EQ(made.find_asset("c.css"), nullptr);
}

TEST_F(view_folder, what_is_wrong_is_said_with_the_file) {
  constexpr std::array<std::string_view, 1> required{"login.html"};
  EXPECT_NE(refused(required).find("login.html"), std::string::npos);
  write("page.html", "{{#open}}");
  EXPECT_NE(refused().find("page.html"), std::string::npos);
  write("page.html", "{{> _none}}");
  EXPECT_NE(refused().find("_none.html"), std::string::npos);
  write("_none.html", "{{> _none}}");
  EXPECT_NE(refused().find("hold each other"), std::string::npos);
  write("page.html", "{{> _none");
  EXPECT_NE(refused().find("page.html"), std::string::npos);
  write("page.html", "");
  write("de.json", "{\"a\":");
  EXPECT_NE(refused().find("de.json"), std::string::npos);
  write("de.json", "{}");
  write("assets/x.exe", "");
  EXPECT_NE(refused().find("x.exe"), std::string::npos);
  std::filesystem::remove(directory_ + "/assets/x.exe");
  EXPECT_EQ(refused(), "");
  std::filesystem::remove(directory_ + "/en.json");
  EXPECT_NE(refused().find("en.json"), std::string::npos);
  directory_ += "/nowhere";
  EXPECT_NE(refused().find("nowhere"), std::string::npos);
  directory_.resize(directory_.rfind('/'));
}

}  // namespace
}  // namespace gatehouse::view
