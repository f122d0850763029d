/** The connection: JSON-RPC for questions and transactions, WebSocket for what happens. */

import {
  airdropFactory,
  appendTransactionMessageInstructions,
  assertIsTransactionWithBlockhashLifetime,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  getSignatureFromTransaction,
  lamports,
  pipe,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
  type Address,
  type Instruction,
  type TransactionSigner,
} from "@solana/kit";

import { eventsIn, type LeveeEvent } from "..";

/** What became of a transaction. */
export type Receipt = { slot: bigint; events: LeveeEvent[]; computeUnits: bigint };

const PATIENCE_MS = 30_000;
const POLL_MS = 100;
const LAMPORTS_PER_SOL = 1_000_000_000n;

export class Chain {
  readonly rpc;
  private readonly subscriptions;
  private readonly sendAndConfirm;

  constructor(rpcUrl: string, wsUrl: string) {
    this.rpc = createSolanaRpc(rpcUrl);
    this.subscriptions = createSolanaRpcSubscriptions(wsUrl);
    const { rpc, subscriptions: rpcSubscriptions } = this;
    this.sendAndConfirm = sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions });
  }

  async airdrop(recipientAddress: Address, sol: bigint): Promise<void> {
    const { rpc, subscriptions: rpcSubscriptions } = this;
    await airdropFactory({ rpc, rpcSubscriptions })({
      commitment: "confirmed",
      lamports: lamports(sol * LAMPORTS_PER_SOL),
      recipientAddress,
    });
  }

  /** Sends one transaction, which `payer` pays and every signer of the instructions signs, and waits for its confirmation. */
  async send(payer: TransactionSigner, instructions: readonly Instruction[]): Promise<Receipt> {
    const { value: blockhash } = await this.rpc.getLatestBlockhash({ commitment: "confirmed" }).send();
    const message = pipe(
      createTransactionMessage({ version: 0 }),
      (tx) => setTransactionMessageFeePayerSigner(payer, tx),
      (tx) => setTransactionMessageLifetimeUsingBlockhash(blockhash, tx),
      (tx) => appendTransactionMessageInstructions(instructions, tx),
    );
    const transaction = await signTransactionMessageWithSigners(message);
    assertIsTransactionWithBlockhashLifetime(transaction);
    await this.sendAndConfirm(transaction, { commitment: "confirmed" });
    return this.receipt(getSignatureFromTransaction(transaction));
  }

  /** The slot of now. */
  async slot(): Promise<bigint> {
    return this.rpc.getSlot({ commitment: "confirmed" }).send();
  }

  /**
   * Listens for changes of an account, and returns when it does. What is returned waits for the first change, and gives its
   * bytes.
   */
  async changeOf(account: Address): Promise<() => Promise<Uint8Array>> {
    const abort = new AbortController();
    const notifications = await this.subscriptions
      .accountNotifications(account, { commitment: "confirmed", encoding: "base64" })
      .subscribe({ abortSignal: abort.signal });
    const iterator = notifications[Symbol.asyncIterator]();
    const first = iterator.next();
    return async () => {
      const timer = setTimeout(() => abort.abort(), PATIENCE_MS);
      const { value, done } = await first;
      clearTimeout(timer);
      abort.abort();
      if (done === true) throw new Error(`no notification of ${account} within ${PATIENCE_MS / 1_000} seconds`);
      return Buffer.from(value.value.data[0], "base64");
    };
  }

  private async receipt(signature: ReturnType<typeof getSignatureFromTransaction>): Promise<Receipt> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = await this.rpc
        .getTransaction(signature, { commitment: "confirmed", encoding: "json", maxSupportedTransactionVersion: 0 })
        .send();
      if (found?.meta != null) {
        const { logMessages, computeUnitsConsumed } = found.meta;
        return { slot: found.slot, events: eventsIn(logMessages ?? []), computeUnits: computeUnitsConsumed ?? 0n };
      }
      if (Date.now() > deadline) throw new Error(`transaction ${signature} was confirmed, but cannot be found`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
