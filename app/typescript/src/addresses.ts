/** The fixed addresses around a reserve. */

import type { Address } from "@solana/kit";

import { findReservePda, findVaultPda } from "./generated";

export type ReserveAddresses = Readonly<{
  /** The lending market. */
  market: Address;
  /** The reserve. */
  reserve: Address;
  /** Its token account. */
  vault: Address;
  /** Its token. */
  mint: Address;
  /** Its token's program. */
  tokenProgram: Address;
}>;

/** Derives the addresses of the reserve of `mint` in `market`. */
export async function reserveAddresses(
  market: Address,
  mint: Address,
  tokenProgram: Address,
): Promise<ReserveAddresses> {
  const [reserve] = await findReservePda({ market, mint });
  const [vault] = await findVaultPda({ reserve });
  return { market, reserve, vault, mint, tokenProgram };
}
