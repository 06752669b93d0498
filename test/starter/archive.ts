/** What the Parquet files of a service hold. */
import { rowsIn } from '../../libs/streams-parquet/test/read-files.ts';
import { byId, order, type Order } from './orders.ts';

/** By id; one that lies there twice comes twice. */
export async function archivedOrders(directory: string): Promise<readonly Order[]> {
  const rows = (await rowsIn(directory)) as { id: string; customer: string; amount_cents: bigint }[];
  return rows
    .map(({ id, customer, amount_cents }) => order(id, customer, Number(amount_cents)))
    .toSorted(byId);
}
