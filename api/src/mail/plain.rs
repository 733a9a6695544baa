//! Plain text, made of a letter's HTML.
//!
//! It knows the elements that the templates use: `p`, `h2`, `ul`, `li`, `dl`, `dt`, `dd`, `a`, `br`. It reads nothing
//! but what a template wrote with all data escaped, so that a `<` in it is always an element's.

/// RFC 3676 4.2 recommends lines of at most 78 characters, and fewer so that a reply can quote them.
const LINE_CHARACTERS: usize = 72;

/// The text of a fragment of HTML, in lines, the last one ended.
pub(super) fn plain(html: &str) -> String {
    let mut text = Text::default();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.inline(before);
        let (element, after) = after.split_once('>').unwrap_or((after, ""));
        text.element(element);
        rest = after;
    }
    text.inline(rest);
    text.flush();
    text.lines
}

/// The text of a title, in one line without control characters: what may stand in a header.
pub(super) fn one_line(html: &str) -> String {
    without_controls(&unescaped(html)).split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Default)]
struct Text {
    lines: String,
    /// What the open block has so far; a line feed is a forced one.
    block: String,
    /// How far the open block is from the margin.
    indent: usize,
    /// What stands before the open block's first line, within its indent.
    bullet: &'static str,
    /// Whether an empty line parts the open block from the one before.
    apart: bool,
    /// Where the open link leads to.
    link: Option<String>,
}

impl Text {
    fn inline(&mut self, html: &str) {
        // A line feed in a template or in data is a space, as in HTML.
        self.block.push_str(&without_controls(&unescaped(html)));
    }

    fn element(&mut self, element: &str) {
        let (name, attributes) = element.split_once(' ').unwrap_or((element, ""));
        match name {
            "h2" | "dt" => self.begin(true, 0),
            "dd" => self.begin(false, 2),
            "p" | "ul" => self.begin(self.indent == 0, self.indent),
            "li" => {
                self.flush();
                self.bullet = "- ";
            }
            "a" => {
                let address = attributes.split('"').nth(1).unwrap_or_default();
                self.link = Some(unescaped(address));
            }
            "/a" => {
                if let Some(address) = self.link.take().filter(|address| !self.block.ends_with(address.as_str())) {
                    self.block.push_str(&format!(" <{address}>"));
                }
            }
            "br" => self.block.push('\n'),
            "/p" | "/h2" | "/ul" | "/dt" => self.flush(),
            "/dd" => {
                self.flush();
                self.indent = 0;
            }
            _ => {}
        }
    }

    fn begin(&mut self, apart: bool, indent: usize) {
        self.flush();
        (self.apart, self.indent) = (apart, indent);
    }

    /// Ends the open block, if it has any text.
    fn flush(&mut self) {
        let block = std::mem::take(&mut self.block);
        let bullet = std::mem::take(&mut self.bullet);
        if block.trim_ascii().is_empty() {
            return;
        }
        if self.apart && !self.lines.is_empty() {
            self.lines.push('\n');
        }
        self.apart = false;
        let mut lead = format!("{:1$}{bullet}", "", self.indent);
        let next = " ".repeat(lead.len());
        for line in block.split('\n') {
            let mut length = 0;
            for word in line.split_ascii_whitespace() {
                let characters = word.chars().count();
                if length > 0 && next.len() + length + 1 + characters > LINE_CHARACTERS {
                    self.lines.push('\n');
                    length = 0;
                }
                if length == 0 {
                    self.lines.push_str(&std::mem::replace(&mut lead, next.clone()));
                } else {
                    self.lines.push(' ');
                    length += 1;
                }
                self.lines.push_str(word);
                length += characters;
            }
            self.lines.push('\n');
        }
    }
}

/// Undoes what askama escaped, and the one named character that templates use.
fn unescaped(html: &str) -> String {
    [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&nbsp;", "\u{a0}"), ("&#38;", "&")]
        .into_iter()
        .fold(html.to_owned(), |text, (escaped, character)| text.replace(escaped, character))
}

fn without_controls(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_parted_lists_are_indented_and_links_say_where_they_lead() {
        let html = "<p>One\n  two.</p><p><a href=\"https://x.example/?a=1&#38;b\">Go</a></p><ul><li>a</li>\n<li>b</li></ul>\
                    <dl><dt>Why</dt><dd>So:<ul><li>c</li><li>d</li></ul></dd></dl><p>Bye,<br>us</p>";
        let text = "One two.\n\nGo <https://x.example/?a=1&b>\n\n- a\n- b\n\nWhy\n  So:\n  - c\n  - d\n\nBye,\nus\n";
        assert_eq!(plain(html), text);
    }

    #[test]
    fn no_line_is_longer_than_it_may_be_but_for_a_word_that_is() {
        let words = "abcdéfgh ".repeat(40);
        let address = "x".repeat(100);
        let text = plain(&format!("<ul><li>{words}</li><li>{address} y</li></ul>"));
        let lengths: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
        assert!(lengths.iter().all(|length| *length <= LINE_CHARACTERS || *length == 102), "{lengths:?}");
        assert!(lengths.iter().take(4).all(|length| *length > 60), "{lengths:?}");
        assert!(text.lines().all(|line| line.starts_with("- ") || line.starts_with("  ")), "{text}");
    }

    #[test]
    fn escaped_data_is_text_however_it_looks() {
        assert_eq!(plain("<p>&#60;p&#62; &#38;#60; &#38;nbsp;</p>"), "<p> &#60; &nbsp;\n");
        assert_eq!(one_line("A\r\nBcc: x@y.example\t&#38;\u{7}\u{85}z"), "A Bcc: x@y.example & z");
    }
}
