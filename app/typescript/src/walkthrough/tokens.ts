/** Test tokens, whose mints this script makes. */

import { generateKeyPairSigner, type Address, type Instruction, type TransactionSigner } from "@solana/kit";
import { getCreateAccountInstruction } from "@solana-program/system";
import {
  fetchToken,
  findAssociatedTokenPda,
  getCreateAssociatedTokenIdempotentInstructionAsync,
  getInitializeMint2Instruction,
  getMintSize,
  getMintToInstruction,
  TOKEN_PROGRAM_ADDRESS,
} from "@solana-program/token";

import type { Chain } from "./chain";

/** Creates a mint. */
export async function createMint(chain: Chain, authority: TransactionSigner, decimals: number): Promise<Address> {
  const mint = await generateKeyPairSigner();
  const space = BigInt(getMintSize());
  const lamports = await chain.rpc.getMinimumBalanceForRentExemption(space).send();
  await chain.send(authority, [
    getCreateAccountInstruction({
      payer: authority,
      newAccount: mint,
      lamports,
      space,
      programAddress: TOKEN_PROGRAM_ADDRESS,
    }),
    getInitializeMint2Instruction({ mint: mint.address, decimals, mintAuthority: authority.address }),
  ]);
  return mint.address;
}

/** The associated token account. */
export async function tokensOf(owner: Address, mint: Address): Promise<Address> {
  const [account] = await findAssociatedTokenPda({ owner, mint, tokenProgram: TOKEN_PROGRAM_ADDRESS });
  return account;
}

/** Creates an owner's token account where there is none, and mints to it. */
export async function fund(
  authority: TransactionSigner,
  owner: Address,
  mint: Address,
  atoms: bigint,
): Promise<Instruction[]> {
  return [
    await getCreateAssociatedTokenIdempotentInstructionAsync({ payer: authority, owner, mint }),
    getMintToInstruction({ mint, token: await tokensOf(owner, mint), mintAuthority: authority, amount: atoms }),
  ];
}

/** What an owner has, in atoms. */
export async function balance(chain: Chain, owner: Address, mint: Address): Promise<bigint> {
  const token = await fetchToken(chain.rpc, await tokensOf(owner, mint), { commitment: "confirmed" });
  return token.data.amount;
}
