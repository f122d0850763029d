/** Test feeds: prices that this script pushes, in accounts like those of Pyth's receiver. */

import {
  AccountRole,
  address,
  getAddressEncoder,
  getArrayEncoder,
  getBytesEncoder,
  fixEncoderSize,
  getI32Encoder,
  getI64Decoder,
  getI64Encoder,
  getOptionEncoder,
  getProgramDerivedAddress,
  getStructEncoder,
  getU64Encoder,
  getU8Encoder,
  type AccountMeta,
  type AccountSignerMeta,
  type Address,
  type Instruction,
  type TransactionSigner,
} from "@solana/kit";
import { SYSTEM_PROGRAM_ADDRESS } from "@solana-program/system";

/** Where the test oracle runs on local chains: the address of Pyth's receiver. */
export const ORACLE = address("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");

/** What a feed is to say: prices in units of `10^EXPONENT` dollars. */
export type Price = Readonly<{ id: Uint8Array; price: bigint; ema: bigint; confidence: bigint }>;

const EXPONENT = -8;
export const UNITS_PER_DOLLAR = 100_000_000n;

const PUSH = 0;

const pushEncoder = getStructEncoder([
  ["instruction", getU8Encoder()],
  [
    "feeds",
    getArrayEncoder(
      getStructEncoder([
        ["id", fixEncoderSize(getBytesEncoder(), 32)],
        ["price", getI64Encoder()],
        ["confidence", getU64Encoder()],
        ["exponent", getI32Encoder()],
        ["ema", getI64Encoder()],
        // None is the time of the cluster's clock.
        ["publishTs", getOptionEncoder(getI64Encoder())],
      ]),
    ),
  ],
]);

/** Before the price in an account: discriminator, write authority, full verification, and the feed's id. */
const PRICE_AT = 8 + 32 + 1 + 32;

/** The price in a feed's account. */
export function priceIn(account: Uint8Array): bigint {
  return getI64Decoder().decode(account, PRICE_AT);
}

/** The address of the feed `id` of `authority`. */
export async function feedAddress(authority: Address, id: Uint8Array): Promise<Address> {
  const seeds = ["feed", getAddressEncoder().encode(authority), id];
  const [feed] = await getProgramDerivedAddress({ programAddress: ORACLE, seeds });
  return feed;
}

/** Opens or updates feeds: all or none. */
export async function pushPrices(authority: TransactionSigner, prices: readonly Price[]): Promise<Instruction> {
  const signer: AccountSignerMeta = {
    address: authority.address,
    role: AccountRole.WRITABLE_SIGNER,
    signer: authority,
  };
  const feeds: AccountMeta[] = [];
  for (const { id } of prices) {
    feeds.push({ address: await feedAddress(authority.address, id), role: AccountRole.WRITABLE });
  }
  return {
    programAddress: ORACLE,
    accounts: [signer, { address: SYSTEM_PROGRAM_ADDRESS, role: AccountRole.READONLY }, ...feeds],
    data: pushEncoder.encode({
      instruction: PUSH,
      feeds: prices.map((price) => ({ ...price, exponent: EXPONENT, publishTs: null })),
    }),
  };
}
