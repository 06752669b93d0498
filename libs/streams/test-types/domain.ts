import { z } from 'zod';
import { json, string, topic } from '@hiveframe/streams';

const readingSchema = z.object({
  sensor_id: z.string(),
  temperature: z.number(),
  humidity: z.number(),
  timestamp: z.string(),
});
/** An interface keeps its name in messages; an alias of an inferred type is printed in full. */
export interface Reading extends z.infer<typeof readingSchema> {}

export interface Order {
  readonly orderId: string;
  readonly customerId: string;
  readonly amount: number;
  readonly status: 'open' | 'paid' | 'shipped';
}

export const readings = topic('readings', {
  key: string(),
  value: json<Reading>(readingSchema),
  timestamp: 'timestamp',
  watermark: { delayMs: 10_000, idleAfterMs: 60_000 },
});
export const orders = topic('orders', { key: string(), value: json<Order>() });

export interface Customer {
  readonly customerId: string;
  readonly name: string;
  readonly tier: 'gold' | 'basic';
}
export const customers = topic('customers', { key: string(), value: json<Customer>() });
