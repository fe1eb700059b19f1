//! What people write about each other's work, from Markdown to HTML that is safe to show. Nobody looks at it before it is shown, so what a
//! lesson would be refused for is left out here: raw HTML is shown as the characters it is made of, a link that could run something is its
//! words alone, and so is a picture.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::markdown::{is_safe, render};

/// The text as HTML.
#[must_use]
pub fn remark_html(source: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    // Whether each link that is open is one.
    let mut links = Vec::new();
    let shown = Parser::new_ext(source, options).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::Link { ref dest_url, .. }) => {
            links.push(is_safe(dest_url));
            links.last().is_some_and(|safe| *safe).then_some(event)
        }
        Event::End(TagEnd::Link) => links.pop().is_some_and(|safe| safe).then_some(event),
        event => Some(event),
    });
    render(shown)
}

#[cfg(test)]
mod tests {
    use super::remark_html;

    #[test]
    fn nothing_runs_and_nothing_is_fetched() {
        for (text, shown) in [
            ("**good** `x`", "<p><strong>good</strong> <code>x</code></p>\n"),
            ("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n"),
            ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
            ("[go](javascript:x)", "<p>go</p>\n"),
            ("[go](https://a.example)", "<p><a href=\"https://a.example\">go</a></p>\n"),
            ("![seen](https://a.example/x.png)", "<p>seen</p>\n"),
            ("[![a](x)](javascript:x) [b](/c)", "<p>a <a href=\"/c\">b</a></p>\n"),
            ("<javascript:x>", "<p>javascript:x</p>\n"),
        ] {
            assert_eq!(remark_html(text), shown, "{text}");
        }
    }
}
