/**
 * A client of the Levee program for `@solana/kit`: what is generated from the IDL, and what an IDL cannot say.
 *
 * @module
 */

export * from "./addresses";
export * from "./amounts";
export * from "./events";
export * from "./generated";
export * from "./generated/constants";
export * from "./instructions";
export * from "./lists";
