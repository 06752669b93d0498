import { json, string, topic } from '@hiveframe/streams';
import { z } from 'zod';

export const orderSchema = z.object({
  id: z.string().min(1),
  customer: z.string().min(1),
  amountCents: z.int().min(0),
});
export type Order = z.infer<typeof orderSchema>;

/** Keyed by customer. */
export const orders = topic('orders', { key: string(), value: json(orderSchema) });
