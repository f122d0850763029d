//! What is said of a URL, and what is not: providers put their customers' keys into paths, queries and passwords.

/// Where a URL ends in a sentence.
const ENDS: [char; 7] = [' ', '\n', ')', '"', '\'', '`', ','];

/// Scheme, host and port of `url`; an ellipsis stands for a path or query.
///
/// ```
/// use levee_client::rpc::public_part;
///
/// assert_eq!(public_part("https://me:secret@rpc.example:443/v2/key?api-key=1"), "https://rpc.example:443/…");
/// assert_eq!(public_part("http://127.0.0.1:8899/"), "http://127.0.0.1:8899");
/// ```
pub fn public_part(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, hidden) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let mark = match hidden {
        "" | "/" => "",
        _ => "/…",
    };
    match scheme {
        "" => format!("{host}{mark}"),
        scheme => format!("{scheme}://{host}{mark}"),
    }
}

/// `text` with the public part of every URL in it alone.
///
/// ```
/// use levee_client::rpc::discreet;
///
/// let text = "error sending request for url (https://rpc.example/?api-key=1): connection refused";
/// assert_eq!(discreet(text), "error sending request for url (https://rpc.example/…): connection refused");
/// ```
pub fn discreet(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(colon) = rest.find("://") {
        let before = rest.get(..colon).unwrap_or_default();
        let scheme = before.char_indices().rev();
        let scheme = scheme.take_while(|(_, c)| c.is_ascii_alphanumeric()).last();
        let start = scheme.map_or(colon, |(at, _)| at);
        let (plain, url) = rest.split_at_checked(start).unwrap_or(("", rest));
        let end = url.find(ENDS).unwrap_or(url.len());
        let (url, after) = url.split_at_checked(end).unwrap_or((url, ""));
        said.push_str(plain);
        said.push_str(&public_part(url));
        rest = after;
    }
    said.push_str(rest);
    said
}

/// An error with its causes in one line, as [`discreet`] says it.
pub fn told(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    discreet(&lines.join(" "))
}
