import { json, string, StreamsBuilder, topic, type StreamsConfig } from '@hiveframe/streams';
import { z } from 'zod';

const Payment = z.object({ account: z.string(), cents: z.number().int() });
export type Payment = z.infer<typeof Payment>;

export class AccountClosedError extends Error {}

/** Any Standard Schema (zod, valibot, arktype) says what a record must look like. */
export const payments = topic('payments', { key: string(), value: json(Payment) });
export const booked = topic('booked', { key: string(), value: json<Payment>() });

const builder = new StreamsBuilder();
builder
  .stream(payments)
  .mapValues((payment) => {
    if (payment.account === 'closed') throw new AccountClosedError('The account is closed.');
    if (payment.cents < 0) throw new RangeError(`${payment.cents} cents cannot be booked.`);
    return payment;
  })
  .to(booked);

export const topology = builder.build();

/** What becomes of records that cannot go on; it belongs to the application, not to the topology. */
export const handlers = {
  onDeserializationFailure: 'deadLetter',
  onProcessingFailure: ({ error }) => (error.cause instanceof AccountClosedError ? 'continue' : 'deadLetter'),
} satisfies Partial<StreamsConfig>;
