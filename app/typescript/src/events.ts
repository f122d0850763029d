/** Events: what the program says about what happened, read from a transaction's logs. */

import { getBase64Encoder, type ReadonlyUint8Array } from "@solana/kit";

import { LEVEE_PROGRAM_ADDRESS } from "./generated";
import { EVENTS } from "./generated/events";

type Known = (typeof EVENTS)[number];

/** An event by its name in the IDL, and its fields. */
export type LeveeEvent = {
  [Each in Known as Each["name"]]: { name: Each["name"]; data: ReturnType<Each["decoder"]["decode"]> };
}[Known["name"]];

const DATA = "Program data: ";

/** The events of the program in a transaction's logs, in their order. What other programs say is passed over. */
export function eventsIn(logs: readonly string[]): LeveeEvent[] {
  const events: LeveeEvent[] = [];
  const running: string[] = [];
  for (const line of logs) {
    const invoked = /^Program (\w+) invoke \[\d+\]$/.exec(line)?.[1];
    if (invoked !== undefined) {
      running.push(invoked);
    } else if (/^Program \w+ (success|failed)/.test(line)) {
      running.pop();
    } else if (line.startsWith(DATA) && running.at(-1) === LEVEE_PROGRAM_ADDRESS) {
      const event = decodeEvent(getBase64Encoder().encode(line.slice(DATA.length)));
      if (event !== undefined) events.push(event);
    }
  }
  return events;
}

/** The event that the bytes of a log line hold; nothing where they are none that this client knows. */
export function decodeEvent(bytes: ReadonlyUint8Array): LeveeEvent | undefined {
  const known = EVENTS.find(({ discriminator }) => discriminator.every((byte, at) => bytes[at] === byte));
  return known && ({ name: known.name, data: known.decoder.decode(bytes) } as LeveeEvent);
}
