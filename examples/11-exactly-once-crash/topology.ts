import { double, json, string, StreamsBuilder, topic } from '@hiveframe/streams';

export interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly cents: number;
}

export const transfers = topic('transfers', { key: string(), value: json<Transfer>() });
export const balances = topic('balances', { key: string(), value: double() });
export const receipts = topic('receipts', { key: string(), value: double() });

const builder = new StreamsBuilder();
const accepted = builder.stream(transfers);

accepted.mapValues(({ cents }) => cents).to(receipts); // one for each transfer

accepted
  .flatMap(({ from, to, cents }) => [
    { key: from, value: -cents },
    { key: to, value: cents },
  ])
  .groupByKey({ name: 'balances' })
  .reduce({ reducer: (balance, cents) => balance + cents })
  .to(balances);

export const topology = builder.build();
