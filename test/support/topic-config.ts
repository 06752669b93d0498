/** For topics of tests that write event times of long ago: to a broker's retention such records are over, and it looks every five
 *  minutes. */
export const KEEPS_OLD_RECORDS: Readonly<Record<string, string>> = { 'retention.ms': '-1' };
