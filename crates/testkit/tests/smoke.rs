use levee_testkit::*;
#[test]
fn smoke() {
    let mut w = World::new(LiteChain::new());
    let sol = w.add_token(9, 200.0, sol_config);
    let usdc = w.add_token(6, 1.0, stable_config);
    let s = w.supplier(&usdc, usdc.atoms(1_000_000.0));
    w.advance(10, 4);
    let u = w.user();
    w.fund(&u, &sol, sol.atoms(1000.0));
    let r = w.deposit(&u, &sol, sol.atoms(100.0)).unwrap();
    println!("first deposit {} {} {}", r.compute_units, r.accounts, r.bytes);
    w.advance(10, 4);
    w.set_usd(&sol, 200.0); w.set_usd(&usdc, 1.0);
    let r = w.borrow(&u, &usdc, usdc.atoms(14_000.0)).unwrap();
    println!("borrow {} {} {}\n{}", r.compute_units, r.accounts, r.bytes, r.logs.join("\n"));
    w.advance(10, 4);
    w.set_usd(&sol, 200.0); w.set_usd(&usdc, 1.0);
    let r = w.deposit(&u, &sol, sol.atoms(1.0)).unwrap();
    println!("deposit {} {} {}\n{}", r.compute_units, r.accounts, r.bytes, r.logs.join("\n"));
    let r = w.withdraw(&u, &sol, sol.atoms(1.0)).unwrap();
    println!("withdraw {} {} {}", r.compute_units, r.accounts, r.bytes);
    w.advance(10, 4);
    let r = w.repay(&u, &usdc, usdc.atoms(100.0)).unwrap();
    println!("repay {} {} {}", r.compute_units, r.accounts, r.bytes);
    w.advance(10, 4);
    w.set_usd(&sol, 170.0); w.set_usd(&usdc, 1.0);
    let l = w.user();
    w.fund(&l, &usdc, usdc.atoms(100_000.0));
    let r = w.liquidate(&l, &u, &usdc, &sol, u64::MAX).unwrap();
    println!("liquidate {} {} {}\n{}", r.compute_units, r.accounts, r.bytes, r.logs.join("\n"));
    println!("{} {}", w.balance(&l, &usdc), w.balance(&l, &sol));
    let _ = s;
}
