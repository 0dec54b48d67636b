#include "dialect/html.h"

namespace gatehouse::dialect {

namespace {

std::string page(std::string_view title, std::string_view content) {
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">";
  html.append("<meta name=\"viewport\" content=\"width=device-width\">");
  html.append("<title>").append(escape_html(title)).append("</title></head>\n<body>\n<main>\n<h1>");
  html.append(escape_html(title)).append("</h1>\n").append(content).append("</main>\n</body>\n</html>\n");
  return html;
}

std::string input_line(std::string_view label, std::string_view attributes) {
  std::string line = "<p><label>";
  line.append(label).append(" <input ").append(attributes).append(" required></label></p>\n");
  return line;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string form_page(std::string_view title, bool with_name, std::string_view trouble,
                      std::string_view return_address) {
  std::string content;
  if (!trouble.empty()) content.append("<p role=\"alert\">").append(escape_html(trouble)).append("</p>\n");
  content.append("<form method=\"post\">\n");
  if (with_name) content.append(input_line("Name", "name=\"name\" autocomplete=\"name\""));
  content.append(input_line("E-mail", "name=\"email\" type=\"email\" autocomplete=\"username\""));
  const char* password = with_name ? "name=\"password\" type=\"password\" autocomplete=\"new-password\""
                                   : "name=\"password\" type=\"password\" autocomplete=\"current-password\"";
  content.append(input_line("Password", password));
  if (!return_address.empty()) {
    content.append("<input type=\"hidden\" name=\"return\" value=\"")
        .append(escape_html(return_address))
        .append("\">\n");
  }
  content.append("<p><button>").append(escape_html(title)).append("</button></p>\n</form>\n");
  return page(title, content);
}

std::string message_page(std::string_view message) { return page(message, "<p><a href=\"login\">Log in</a></p>\n"); }

}  // namespace gatehouse::dialect
