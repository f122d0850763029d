use super::*;

/// A file of these rows, read.
fn read(name: &str, rows: &str) -> Result<PricePath> {
    let folder = std::env::temp_dir().join(format!("levee-demo-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.csv"));
    std::fs::write(&file, format!("unix_timestamp,open,high,low,close\n{rows}")).unwrap();
    let path = PricePath::read(&file);
    std::fs::remove_file(&file).unwrap();
    path
}

#[test]
fn an_open_beyond_the_range_is_the_last_trade_before_the_bar() {
    let path = read("open", "60,1.00,0.99,0.98,0.985\n").unwrap();
    assert_eq!(path.bars[0].points().map(dollars), [1.0, 0.99, 0.98, 0.985]);
}

#[test]
fn a_gap_is_a_pause_and_no_longer_bar() {
    let path = read("gap", "60,1,1,1,1\n120,1,1,1,1\n600,1,1,1,1\n").unwrap();
    assert_eq!((path.bars.len(), path.bar_seconds), (3, 60));
}

#[test]
fn a_file_is_called_by_its_folder_and_name_and_a_mistake_by_its_line() {
    let path = read("name", "60,2,5,1,4\n").unwrap();
    assert!(path.name.ends_with("/name"), "{}", path.name);
    let refused = format!("{:#}", read("mistake", "60,1,1,-1,1\n").unwrap_err());
    assert!(refused.contains("mistake.csv: line 2: column"), "{refused}");
}

#[test]
fn an_unreadable_file_is_named() {
    let error = PricePath::read(Path::new("no/such.csv")).unwrap_err();
    assert!(format!("{error:#}").starts_with("cannot read no/such.csv: "));
}

#[test]
fn the_built_in_crash_falls_from_207_to_177_within_the_hour_and_recovers_in_part() {
    let path = PricePath::october_2025();
    let low = path.bars.iter().map(|bar| bar.low).min().unwrap();
    let at = path.bars.iter().position(|bar| bar.low == low).unwrap();
    let last = dollars(path.bars.last().unwrap().close);
    assert_eq!((path.first().open, low), (207 * DOLLAR, 177 * DOLLAR));
    assert!(at < 60 && last > 185.0 && last < 200.0);
    for bar in &path.bars {
        assert!(bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close));
    }
}
