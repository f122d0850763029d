//! Whoever finds a vulnerability in the deployed program finds in its bytecode whom to tell: security.txt, as Neodyme defined
//! it (<https://github.com/neodyme-labs/solana-security-txt>).

use levee_testkit::program_path;

const BEGIN: &[u8] = b"=======BEGIN SECURITY.TXT V1=======\0";
const END: &[u8] = b"=======END SECURITY.TXT V1=======\0";

fn place(code: &[u8], part: &[u8]) -> usize {
    let found = code.windows(part.len()).position(|window| window == part);
    found.unwrap_or_else(|| panic!("the bytecode lacks {}", String::from_utf8_lossy(part)))
}

#[test]
fn the_bytecode_says_whom_to_tell_of_a_vulnerability() {
    let code = std::fs::read(program_path("levee")).unwrap();
    let text = &code[place(&code, BEGIN) + BEGIN.len()..place(&code, END)];
    let words: Vec<_> = text.split(|byte| *byte == 0).collect();
    let said = |name: &str| {
        let at = words.iter().position(|word| *word == name.as_bytes());
        String::from_utf8_lossy(words[at.unwrap() + 1]).into_owned()
    };
    assert_eq!(said("name"), "Levee");
    assert!(said("contacts").starts_with("link:https://"));
    assert!(said("policy").ends_with("/SECURITY.md"));
}
