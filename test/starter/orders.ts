/** The events of a new service, and how a client sends them. */
import { eventually } from '../support/eventually.ts';

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly amountCents: number;
}

export function order(id: string, customer: string, amountCents: number): Order {
  return { id, customer, amountCents };
}

export function byId(a: Order, b: Order): number {
  return a.id < b.id ? -1 : 1;
}

/** Sends the same request again until it is answered 202, as a client does that was not answered. */
export async function postUntilAccepted(
  url: string,
  orders: readonly Order[],
  idempotencyKey: string,
): Promise<void> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
  const request = { method: 'POST', headers, body: JSON.stringify(orders) };
  await eventually('202', async () => {
    const status = await fetch(url, request).then(
      (response) => response.status,
      () => 503,
    );
    if (status !== 202 && status !== 429 && status !== 503) throw new Error(`${url} answered ${status}`);
    return status === 202;
  });
}
