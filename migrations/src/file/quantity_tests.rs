//! Text in, exact numbers out.

use proptest::prelude::*;

use super::*;
use crate::file::FeedId;

#[test]
fn quantities_are_read_exactly() {
    let ppm = |text: &str| text.parse::<Percent>().map(|percent| percent.ppm);
    assert_eq!(ppm("75%"), Ok(750_000));
    assert_eq!(ppm("0.002%"), Ok(20));
    assert_eq!(ppm("10 bps"), Ok(1_000));
    assert_eq!(ppm("0.2bps"), Ok(20));
    assert_eq!(
        "$25".parse(),
        Ok(Dollars {
            micro_usd: 25_000_000
        })
    );
    assert_eq!("1.05".parse(), Ok(RedemptionRate { e8: 105_000_000 }));
    assert_eq!("1.5".parse::<Tokens>().unwrap().atoms(9), Ok(1_500_000_000));
    assert_eq!(
        "unlimited".parse::<Tokens>().unwrap().atoms(9),
        Ok(u64::MAX)
    );
    assert_eq!("7 days".parse(), Ok(Time { seconds: 604_800 }));
    assert_eq!("80%:6%".parse::<Point>().unwrap().rate.bps(), Ok(600));
}

#[test]
fn what_is_malformed_or_too_fine_is_refused() {
    for text in [
        "75",
        "0.00001%",
        "-1%",
        "1e3%",
        "%",
        "5000%%",
        "99999999999%",
        "1.%",
    ] {
        assert!(text.parse::<Percent>().is_err(), "{text}");
    }
    assert!("0.002%".parse::<Percent>().unwrap().bps().is_err());
    for text in ["", "$", "1.2.3", "1.0000001", "∞"] {
        assert!(text.parse::<Dollars>().is_err(), "{text}");
    }
    for text in ["0", "-1", "1.000000001", "$1"] {
        assert!(text.parse::<RedemptionRate>().is_err(), "{text}");
    }
    assert!("1.23".parse::<Tokens>().unwrap().atoms(1).is_err());
    assert!("99999999999999999999"
        .parse::<Tokens>()
        .unwrap()
        .atoms(0)
        .is_err());
    assert!("1,5".parse::<Tokens>().is_err());
    let refused = "unlimited".parse::<Tokens>().unwrap().some_atoms(9);
    assert!(refused.unwrap_err().contains("is no amount here"));
    assert!("1.5s".parse::<Time>().is_err());
    for text in ["", "0x12", "zz", &"é".repeat(32)] {
        assert!(text.parse::<FeedId>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn a_percentage_reads_as_it_is_shown(ppm: u32) {
        let percent = Percent { ppm };
        prop_assert_eq!(percent.to_string().parse(), Ok(percent));
    }

    #[test]
    fn no_text_panics(text: String) {
        let _ = text.parse::<Percent>();
        let _ = text.parse::<Dollars>();
        let _ = text.parse::<Tokens>();
        let _ = text.parse::<Time>();
        let _ = text.parse::<FeedId>();
        let _ = text.parse::<Point>();
    }
}
